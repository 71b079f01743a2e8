use std::collections::BTreeSet;
use std::net::TcpListener;
use std::time::Duration;

use access::Route;
use actix_web::dev::{ResourceDef, Server};
use actix_web::http::header::{ALLOW, HeaderName, HeaderValue};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{Data, get};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, ResponseError as _};
use anyhow::Context;
use event_store::EventStore;
use problem::Problem;

use super::{System, health};

/// Threads that answer requests.
const WORKERS: usize = 2;
/// Connections of one worker at a time; further ones wait to be accepted.
const CONNECTIONS: usize = 2_000;
/// The head of a request must have arrived within this time.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Requests under way when it stops have this long, in seconds.
const STOP_WITHIN: u64 = 10;

/// Both APIs, the auditors' and the operators' doors, under one address.
pub(super) fn start(system: &System, listener: TcpListener) -> anyhow::Result<Server> {
    let (tokens, commands, queries) =
        (system.tokens.clone(), system.commands.clone(), system.queries.clone());
    let projections = Data::from(system.projections.clone());
    let audit = Data::new(audit_api::Audit::new(system.store.clone()));
    let health = Data::new(health::Health::new(system));
    let log_id = system.store.log_id().to_string();
    let server = HttpServer::new(move || {
        let log = (HeaderName::from_static("holdfast-log"), log_id.clone());
        App::new()
            .wrap(DefaultHeaders::new().add(log))
            .app_data(tokens.clone())
            .app_data(commands.clone())
            .app_data(queries.clone())
            .app_data(projections.clone())
            .app_data(audit.clone())
            .app_data(health.clone())
            .configure(command_api::routes)
            .configure(query_api::routes)
            .configure(projections::operator_routes)
            .configure(audit_api::routes)
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

/// A path that is known answers which methods it takes; any other is not there.
async fn no_such_route(request: HttpRequest) -> HttpResponse {
    let tables = [command_api::ROUTES, query_api::ROUTES, projections::ROUTES, audit_api::ROUTES];
    let is_asked = |route: &&Route| ResourceDef::new(route.path).is_match(request.path());
    let routes = tables.into_iter().flatten().filter(is_asked);
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
