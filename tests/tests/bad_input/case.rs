use scenarios::new_key;
use serde_json::Value;

/// What there is to be wrong about.
pub(crate) struct World {
    pub(crate) offering: String,
    pub(crate) past_offering: String,
    pub(crate) seat: String,
    /// The customer's hold, of two seats.
    pub(crate) hold_id: String,
    /// The customer's bookings: one that awaits its payment, one that is confirmed.
    pub(crate) unpaid: String,
    pub(crate) confirmed: String,
}

/// One row of the table: how it is asked, and what is answered.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) caller: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) field: Option<&'static str>,
}

impl Case {
    pub(crate) fn send(
        method: &'static str,
        name: &'static str,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Self {
        let headers = match method {
            "POST" => {
                vec![("Content-Type", "application/json".into()), ("Idempotency-Key", new_key())]
            }
            _ => vec![],
        };
        let (path, caller) = (path.to_owned(), "customer");
        Self { name, caller, method, path, body, headers, status: 0, code: "", field: None }
    }

    pub(crate) fn get(name: &'static str, path: &str) -> Self {
        Self::send("GET", name, path, None)
    }

    pub(crate) fn post(name: &'static str, path: &str, body: &Value) -> Self {
        Self::raw(name, path, body.to_string())
    }

    pub(crate) fn raw(name: &'static str, path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::send("POST", name, path, Some(body.into()))
    }

    pub(crate) fn by(mut self, caller: &'static str) -> Self {
        self.caller = caller;
        self
    }

    pub(crate) fn with(mut self, header: &'static str, value: &str) -> Self {
        self = self.without(header);
        self.headers.push((header, value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, header: &str) -> Self {
        self.headers.retain(|(name, _)| *name != header);
        self
    }

    pub(crate) fn is(mut self, status: u16, code: &'static str, field: &'static str) -> Self {
        (self.status, self.code) = (status, code);
        self.field = Some(field).filter(|field| !field.is_empty());
        self
    }
}
