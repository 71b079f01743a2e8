//! Who belongs to the cluster: this server alone, which leads. Clients that discover a cluster
//! ask for it, and then connect to the address it says.

use std::net::SocketAddr;

use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::clock;
use crate::convert::{IdForm, id_to};
use crate::protocol::gossip::gossip_server::Gossip;
use crate::protocol::gossip::member_info::VNodeState;
use crate::protocol::gossip::{ClusterInfo, EndPoint, MemberInfo};
use crate::protocol::shared::Empty;

pub(crate) struct Service {
    pub(crate) instance: Uuid,
    pub(crate) address: SocketAddr,
}

#[tonic::async_trait]
impl Gossip for Service {
    async fn read(&self, request: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        // Behind an unspecified address only the client's connection knows how we are reached.
        let reached = if self.address.ip().is_unspecified() {
            request.local_addr().unwrap_or(self.address)
        } else {
            self.address
        };
        let member = MemberInfo {
            instance_id: Some(id_to(self.instance, IdForm::Text)),
            time_stamp: i64::try_from(clock::since_1970().as_secs()).unwrap_or(i64::MAX),
            state: VNodeState::Leader.into(),
            is_alive: true,
            http_end_point: Some(EndPoint {
                address: reached.ip().to_string(),
                port: reached.port().into(),
            }),
        };
        Ok(Response::new(ClusterInfo { members: vec![member] }))
    }
}
