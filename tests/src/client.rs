use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// An answer: what a scenario asserts on.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body; null when there is none.
    pub body: Value,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    /// A member of the body, by JSON pointer: `/items/0/offering_id`.
    pub fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A member that is a string.
    pub fn text(&self, pointer: &str) -> String {
        self.at(pointer).as_str().unwrap_or_else(|| panic!("no {pointer} in {self:?}")).to_owned()
    }

    /// A member that is a number.
    pub fn number(&self, pointer: &str) -> u64 {
        self.at(pointer).as_u64().unwrap_or_else(|| panic!("no {pointer} in {self:?}"))
    }

    /// Itself, if the status is that.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// Someone who asks a running system, with a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    api: String,
    token: Option<String>,
}

impl Client {
    /// Asks that address.
    pub fn new(api: &str, token: Option<&str>) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .expect("an HTTP client");
        Self { http, api: api.to_owned(), token: token.map(ToOwned::to_owned) }
    }

    /// A request under construction, with the token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.api));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends; panics when there is no answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("an answer")
    }

    /// Sends.
    ///
    /// # Errors
    /// When there is no answer (the system was killed).
    pub async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let status: StatusCode = response.status();
        let headers = response.headers().clone();
        let bytes = response.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status: status.as_u16(), body, headers })
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST with a new idempotency key.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_as(&new_key(), path, body).await
    }

    /// POST under a key.
    pub async fn post_as(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.send(self.post_request(key, path, body)).await
    }

    /// A POST under a key, not sent yet.
    pub fn post_request(&self, key: &str, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).header("Idempotency-Key", key).json(body)
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }
}

/// A key that nobody has used.
#[allow(clippy::disallowed_methods, reason = "a scenario's requests are new each time")]
pub fn new_key() -> String {
    uuid::Uuid::new_v4().to_string()
}
