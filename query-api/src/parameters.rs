use actix_web::HttpRequest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use problem::Problem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The parameter that a query with no others of its own takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnlyPosition {
    pub(crate) min_position: Option<u64>,
}

pub(crate) fn invalid(field: &'static str, detail: &str) -> Problem {
    Problem::new(400, "invalid_field", "Invalid field").detail(detail).field(field)
}

pub(crate) fn limit(limit: Option<usize>, default: usize) -> Result<usize, Problem> {
    match limit {
        None => Ok(default),
        Some(limit @ 1..=200) => Ok(limit),
        Some(_) => Err(invalid("limit", "from 1 to 200")),
    }
}

/// An id in a path. What is no id names nothing.
pub(crate) fn id(text: &str, what: &'static str) -> Result<Uuid, Problem> {
    Uuid::try_parse(text).map_err(|_| Problem::not_found(what))
}

/// Where a page ended, for the client to hand back unread. It fits one question to one log only.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cursor<K> {
    #[serde(rename = "q")]
    question: Uuid,
    #[serde(rename = "e")]
    epoch: i64,
    #[serde(rename = "k")]
    pub(crate) after: K,
}

impl<K: Serialize + DeserializeOwned> Cursor<K> {
    /// The question's name: its words, in the log it was asked of.
    pub(crate) fn question(log_id: Uuid, words: &str) -> Uuid {
        Uuid::new_v5(&log_id, words.as_bytes())
    }

    pub(crate) fn write(question: Uuid, epoch: i64, after: K) -> String {
        let cursor = Self { question, epoch, after };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
    }

    pub(crate) fn read(text: &str, question: Uuid) -> Result<K, Problem> {
        let cursor = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|json| serde_json::from_slice::<Self>(&json).ok())
            .ok_or_else(|| invalid("cursor", "not a cursor of this API"))?;
        if cursor.question == question {
            Ok(cursor.after)
        } else {
            Err(invalid("cursor", "of another query, or of another log"))
        }
    }
}

/// The seconds that `Prefer: wait=` asks for: 5 when it does not, never more than 30.
pub(crate) fn preferred_wait(request: &HttpRequest) -> std::time::Duration {
    let seconds = request
        .headers()
        .get_all("Prefer")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .filter_map(|preference| preference.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, seconds)| seconds.trim().trim_matches('"').parse::<u64>().ok());
    std::time::Duration::from_secs(seconds.unwrap_or(5).min(30))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_cursor_fits_its_own_question_only() {
        let question = |log, words| Cursor::<i64>::question(Uuid::from_u128(log), words);
        let asked = question(1, "a");
        let text = Cursor::write(asked, 3, 7_i64);
        assert_eq!(Cursor::<i64>::read(&text, asked).unwrap(), 7);
        for other in [question(1, "b"), question(2, "a")] {
            assert!(Cursor::<i64>::read(&text, other).is_err());
        }
        assert!(Cursor::<i64>::read("x", asked).is_err());
    }

    #[test]
    fn the_wait_is_bounded() {
        for (header, seconds) in [
            ("wait=3", 3),
            ("respond-async, wait=10", 10),
            ("wait=99999", 30),
            ("wait=x", 5),
            ("", 5),
        ] {
            let request =
                TestRequest::default().insert_header(("Prefer", header)).to_http_request();
            assert_eq!(preferred_wait(&request).as_secs(), seconds, "{header}");
        }
    }
}
