use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use access::{Route, Tokens};
use actix_web::dev::{ResourceDef, Server};
use actix_web::http::header::{ALLOW, HeaderName, HeaderValue};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, ResponseError as _};
use anyhow::Context;
use problem::Problem;
use uuid::Uuid;

use super::health::{self, Health};

/// Threads that answer requests.
const WORKERS: usize = 2;
/// Connections of one worker at a time; further ones wait to be accepted.
const CONNECTIONS: usize = 2_000;
/// The head of a request must have arrived within this time.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Requests under way when it stops have this long, in seconds.
const STOP_WITHIN: u64 = 10;

/// Some routes, and how they are added to a server.
#[derive(Clone)]
pub(crate) struct Door {
    routes: &'static [Route],
    configure: Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>,
}

impl Door {
    pub(crate) fn new(
        routes: &'static [Route],
        configure: impl Fn(&mut ServiceConfig) + Send + Sync + 'static,
    ) -> Self {
        Self { routes, configure: Arc::new(configure) }
    }
}

/// Answers while a process still waits for what it needs: it lives, and is not ready.
pub(crate) fn starting(listener: TcpListener) -> anyhow::Result<Server> {
    let server = HttpServer::new(|| {
        App::new().route("/health/live", get().to(health::live)).default_service(
            actix_web::web::to(async || -> Result<HttpResponse, Problem> {
                Err(Problem::unavailable("this is starting, and waits for what it needs"))
            }),
        )
    });
    let server = server
        .workers(1)
        .max_connections(CONNECTIONS)
        .client_request_timeout(HEAD_WITHIN)
        .disable_signals()
        .listen(listener)
        .context("cannot listen")?;
    Ok(server.run())
}

/// All the doors, and health, under one address. Every answer names the log that it speaks of.
pub(crate) fn start(
    listener: TcpListener,
    log_id: Uuid,
    tokens: &Data<Tokens>,
    doors: Vec<Door>,
    health: Health,
) -> anyhow::Result<Server> {
    let log_id = log_id.to_string();
    let (tokens, health) = (tokens.clone(), Data::new(health));
    let tables = Data::new(Tables(doors.iter().map(|door| door.routes).collect()));
    let server = HttpServer::new(move || {
        let log = (HeaderName::from_static("holdfast-log"), log_id.clone());
        App::new()
            .wrap(DefaultHeaders::new().add(log))
            .app_data(tokens.clone())
            .app_data(health.clone())
            .app_data(tables.clone())
            .configure(|config| doors.iter().for_each(|door| (door.configure)(config)))
            .route("/health/live", get().to(health::live))
            .route("/health/ready", get().to(health::ready))
            .default_service(actix_web::web::to(no_such_route))
    })
    .workers(WORKERS)
    .max_connections(CONNECTIONS)
    .client_request_timeout(HEAD_WITHIN)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(STOP_WITHIN)
    .disable_signals()
    .listen(listener)
    .context("cannot listen")?;
    Ok(server.run())
}

/// Every route that there is behind this address.
struct Tables(Vec<&'static [Route]>);

/// A path that is known answers which methods it takes; any other is not there.
async fn no_such_route(request: HttpRequest, tables: Data<Tables>) -> HttpResponse {
    let is_asked = |route: &&Route| ResourceDef::new(route.path).is_match(request.path());
    let routes = tables.0.iter().flat_map(|table| table.iter()).filter(is_asked);
    let methods: BTreeSet<&str> = routes.map(|route| route.method).collect();
    let (method, path) = (request.method(), request.path());
    if methods.is_empty() {
        return Problem::new(404, "no_such_route", "No such route")
            .detail(format!("nothing answers {method} {path}"))
            .error_response();
    }
    let allowed = methods.into_iter().collect::<Vec<_>>().join(", ");
    let mut response = Problem::new(405, "method_not_allowed", "Method not allowed")
        .detail(format!("{path} takes {allowed}, not {method}"))
        .error_response();
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}
