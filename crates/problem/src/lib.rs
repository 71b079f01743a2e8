//! Says a failure as an RFC 9457 problem document. Every API answers its refusals and its faults
//! in this one form; which code stands for what is each API's own table.

mod request;

pub use request::{body, query};

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use problem_details::ProblemDetails;
use serde::Serialize;
use serde_json::{Map, Value};

/// A problem document (RFC 9457). Its `type` is `/problems/<code>`, and `code` stands beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Option<String>,
    extensions: Map<String, Value>,
    retry_after_seconds: Option<u64>,
}

impl Problem {
    /// A problem with a stable code that programs may rely on.
    pub fn new(status: u16, code: &'static str, title: &'static str) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            title,
            detail: None,
            extensions: Map::new(),
            retry_after_seconds: None,
        }
    }

    /// What happened this time, for a person to read.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The field of the request that is wrong, as a path: `items[0].seats[1]`.
    #[must_use]
    pub fn field(self, field: impl Into<String>) -> Self {
        self.with("field", field.into())
    }

    /// A further member of the document.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.extensions.insert(name.to_owned(), value);
        self
    }

    /// When to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// 404: there is none, or none that the caller may know of.
    pub fn not_found(what: &'static str) -> Self {
        Self::new(404, "not_found", "Not found").detail(format!("there is no such {what}"))
    }

    /// 503: cannot be done now; trying again soon is right.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(503, "unavailable", "Temporarily unavailable").detail(detail).retry_after(1)
    }

    /// 500: our fault. What went wrong is logged, and not told.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        let mut causes = vec![error.to_string()];
        let mut source = error.source();
        while let Some(error) = source {
            causes.push(error.to_string());
            source = error.source();
        }
        tracing::error!(error = %causes.join(": "), "request failed");
        Self::new(500, "internal", "Internal error").detail("the failure has been logged")
    }

    /// Whether trying again soon, unchanged, is right.
    pub fn is_temporary(&self) -> bool {
        self.status.is_server_error()
    }

    /// The document, as it is answered.
    pub fn document(&self) -> impl Serialize + use<> {
        let mut extensions = self.extensions.clone();
        extensions.insert("code".into(), self.code.into());
        let mut document = ProblemDetails::new().with_title(self.title).with_extensions(extensions);
        document.status = http::StatusCode::from_u16(self.status.as_u16()).ok();
        let kind = format!("/problems/{}", self.code).parse::<http::Uri>();
        document.r#type = kind.ok().map(Into::into);
        document.detail.clone_from(&self.detail);
        document
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)?;
        self.detail.as_ref().map_or(Ok(()), |detail| write!(f, ": {detail}"))
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response
            .content_type("application/problem+json")
            .insert_header((CACHE_CONTROL, "no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.json(self.document())
    }
}
