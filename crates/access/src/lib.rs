//! Decides who is calling: reads a signed bearer token, and holds its role against the roles a
//! route allows. Whose data a caller may see is for the route to say.

mod role;
mod route;
mod tokens;

pub use role::Role;
pub use route::Route;
pub use tokens::{Caller, InvalidToken, Tokens};

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, web};
use problem::Problem;

/// The caller of a request, if their role is one of those allowed.
///
/// # Errors
/// 401 without a valid token, 403 with another role.
pub fn caller(request: &HttpRequest, allowed: &[Role]) -> Result<Caller, Problem> {
    let Some(tokens) = request.app_data::<web::Data<Tokens>>() else {
        return Err(Problem::unavailable("access is not configured"));
    };
    let header = request.headers().get(AUTHORIZATION);
    let token = header
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| unauthorised("send a token in the header `Authorization: Bearer …`"))?;
    let caller = tokens.verify(token).map_err(|error| unauthorised(&error.to_string()))?;
    if allowed.contains(&caller.role) {
        Ok(caller)
    } else {
        let roles: Vec<&str> = allowed.iter().map(Role::name).collect();
        Err(Problem::new(403, "role_not_allowed", "Not for this role").detail(format!(
            "this is for {}; the token is a {}'s",
            roles.join(", "),
            caller.role.name()
        )))
    }
}

fn unauthorised(detail: &str) -> Problem {
    Problem::new(401, "unauthorised", "Not signed in").detail(detail)
}
