use eventstore_wire::protocol::streams::streams_client::StreamsClient;
use std::sync::Arc;

use eventstore_wire::{Access, Options, Role, ServeError, Server, Tls, User};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tonic::{Code, Request};

use crate::requests::{From, read, read_all};
use crate::support::{Running, all};

fn certificate() -> Tls {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    Tls {
        certificate_pem: cert.pem().into_bytes(),
        key_pem: signing_key.serialize_pem().into_bytes(),
    }
}

#[tokio::test]
async fn with_a_certificate_calls_are_encrypted_and_plain_ones_refused() {
    // The client of these tests asks the process for its cryptography; the server does not.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let tls = certificate();
    let user = User { name: "ann".into(), password: "pw".into(), role: Role::Auditor };
    let running = Running::start_with(Access::Users(vec![user]), Some(tls.clone())).await;
    let trusted = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&tls.certificate_pem))
        .domain_name("localhost");
    let channel = Channel::from_shared(format!("https://{}", running.address))
        .unwrap()
        .tls_config(trusted)
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut client = StreamsClient::new(channel);
    let mut request = Request::new(read(read_all(From::Start, 1)));
    request.metadata_mut().insert("authorization", "Basic YW5uOnB3".parse().unwrap());
    let answer = client.read(request).await.unwrap();
    assert!(all(answer.into_inner()).await.is_empty());

    let plain = Channel::from_shared(format!("http://{}", running.address)).unwrap().connect_lazy();
    let status = StreamsClient::new(plain).read(read(read_all(From::Start, 1))).await.unwrap_err();
    assert_ne!(status.code(), Code::Unauthenticated, "it came through in the clear");
}

#[tokio::test]
async fn those_who_watch_the_server_are_answered_over_tls_without_http_2() {
    let tls = certificate();
    let running = Running::start_with(Access::Insecure, Some(tls.clone())).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&tls.certificate_pem).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let socket = TcpStream::connect(running.address).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let mut stream =
        tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
    let request = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 23];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 204 No Content");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_said_at_once() {
    let running = Running::start().await;
    let other = certificate();
    for wrong in [
        Tls { certificate_pem: b"none".to_vec(), key_pem: other.key_pem.clone() },
        Tls { certificate_pem: other.certificate_pem.clone(), key_pem: b"none".to_vec() },
        Tls { certificate_pem: other.certificate_pem.clone(), key_pem: certificate().key_pem },
    ] {
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            access: Access::Insecure,
            tls: Some(wrong),
            service_categories: Vec::new(),
        };
        let refused = Server::bind(running.store.clone(), options).await.err().unwrap();
        assert!(matches!(refused, ServeError::Tls(_)), "{refused}");
    }
}
