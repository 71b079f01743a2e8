use access::Caller;
use actix_web::HttpRequest;
use aggregates::{Context, derive_id};
use domain::Instant;
use eventstore_schema::Actor;
use hmac::{Hmac, KeyInit, Mac};
use problem::Problem;
use sha2::Sha256;
use uuid::Uuid;

use crate::Commands;

/// The namespace of command ids made from customer, route and key.
const COMMAND_IDS: Uuid = Uuid::from_u128(0x6a0b_1c55_27d4_4f0e_8e0e_90c3_11a4_0001);
const HEADER: &str = "Idempotency-Key";
/// The longest key, in bytes.
const MAX_KEY: usize = 255;

/// The context of a request that carries an `Idempotency-Key`. Its ids follow from caller, route
/// and key: the same request sent again is the same command.
///
/// # Errors
/// 400 when the key is missing or no key.
pub(crate) fn context(
    commands: &Commands,
    request: &HttpRequest,
    caller: &Caller,
    body: &[u8],
) -> Result<Context, Problem> {
    let key = request.headers().get(HEADER).ok_or_else(|| {
        Problem::new(400, "idempotency_key_missing", "Idempotency-Key missing")
            .detail("send a key of your own making, a new one for each new request")
            .field(HEADER)
    })?;
    let key =
        key.to_str().ok().filter(|key| (1..=MAX_KEY).contains(&key.len())).ok_or_else(|| {
            Problem::new(400, "invalid_idempotency_key", "Invalid Idempotency-Key")
                .detail(format!("a key is 1 to {MAX_KEY} printable ASCII characters"))
                .field(HEADER)
        })?;
    let route = request.path();
    let name = format!("{}\n{route}\n{key}", caller.subject);
    let command_id = Uuid::new_v5(&COMMAND_IDS, name.as_bytes());
    Ok(Context {
        command_id,
        correlation_id: derive_id(command_id, "correlation"),
        causation_id: command_id,
        actor: actor(caller),
        request_fingerprint: Some(fingerprint(&commands.settings.fingerprint_key, body)),
        at: commands.now(),
    })
}

/// The context of a request that is repeated by its nature (DELETE): its ids follow from caller,
/// method and path.
pub(crate) fn context_of_path(request: &HttpRequest, caller: &Caller, at: Instant) -> Context {
    let name = format!("{}\n{} {}", caller.subject, request.method(), request.path());
    let command_id = Uuid::new_v5(&COMMAND_IDS, name.as_bytes());
    Context {
        command_id,
        correlation_id: derive_id(command_id, "correlation"),
        causation_id: command_id,
        actor: actor(caller),
        request_fingerprint: None,
        at,
    }
}

fn actor(caller: &Caller) -> Actor {
    Actor { role: caller.role.name().into(), subject: caller.subject.clone() }
}

/// Keyed, so that it says nothing of a person once the key is gone.
fn fingerprint(key: &[u8; 32], body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(body);
    mac.finalize().into_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
