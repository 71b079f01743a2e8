use access::{Role, Tokens};
use anyhow::{Context, bail};
use chrono::TimeDelta;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

use super::Place;
use super::token::sign;
use crate::data_folder::DataFolder;
use crate::secrets::Secrets;

/// A running system, and the right to ask it something.
pub(crate) struct Target {
    client: Client,
    api: String,
    token: String,
}

impl Target {
    /// Finds it: by its address and a token, or by its data folder, whose ready file has the
    /// address and whose secret signs the token.
    pub(crate) fn find(place: &Place, role: Role) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().build()?;
        let api = match &place.api {
            Some(api) => api.trim_end_matches('/').to_owned(),
            None => running_api(place)?.with_context(|| {
                let folder = place.data.display();
                format!("no system runs on the data folder {folder}; start one with `holdfast up`, or name one with --api URL --token TOKEN")
            })?,
        };
        let token = match &place.token {
            Some(token) => token.clone(),
            None => {
                let data = DataFolder::locate(&place.data).context(
                    "a token is needed: give one with --token, or the data folder with --data",
                )?;
                let tokens = Tokens::new(&Secrets::token_secret(&data)?);
                sign(&tokens, "cli", role, TimeDelta::hours(1))?
            }
        };
        Ok(Self { client, api, token })
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.api)).bearer_auth(&self.token)
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.api)).bearer_auth(&self.token)
    }

    /// The answer's JSON; a problem document becomes an error sentence.
    pub(crate) async fn json(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let response = request.send().await;
        let response = response.with_context(|| format!("no answer from {}", self.api))?;
        answer(response).await
    }
}

async fn answer(response: Response) -> anyhow::Result<Value> {
    let status = response.status();
    let body: Value = response.json().await.unwrap_or(Value::Null);
    if status.is_success() {
        return Ok(body);
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    bail!("{} {}: {}", status.as_u16(), text("title"), text("detail"))
}

/// The address of the system that runs on a data folder, if one does.
pub(crate) fn running_api(place: &Place) -> anyhow::Result<Option<String>> {
    let Ok(data) = DataFolder::locate(&place.data) else { return Ok(None) };
    let ready = match std::fs::read(data.ready_file()) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context("cannot read the ready file"),
    };
    let ready: Value = serde_json::from_slice(&ready).context("cannot read the ready file")?;
    let api = ready.get("api").and_then(Value::as_str).map(ToOwned::to_owned);
    Ok(api.filter(|api| is_listening(api)))
}

/// A system that was killed leaves its ready file behind.
fn is_listening(api: &str) -> bool {
    let address = api.trim_start_matches("http://");
    std::net::TcpStream::connect(address).is_ok()
}
