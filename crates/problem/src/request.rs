use serde::de::DeserializeOwned;

use crate::Problem;

/// Reads a JSON body; what is wrong with it is a 400 that names the field.
///
/// # Errors
/// `malformed_json` when it is not JSON, `invalid_field` when it is not what was expected.
pub fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Serde would take a list for an object, its members in the order of the fields.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(invalid("", "invalid type: sequence, expected an object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data => invalid(&path, &without_place(&inner)),
            _ => malformed(&inner),
        }
    })?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// Reads a query string; what is wrong with it is a 400 that names the parameter.
///
/// # Errors
/// `invalid_field`.
pub fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|error| {
        Problem::new(400, "invalid_query", "Invalid query").detail(error.to_string())
    })?;
    if let Some((name, _)) = pairs
        .iter()
        .enumerate()
        .find(|(index, (name, _))| pairs.iter().take(*index).any(|(before, _)| before == name))
        .map(|(_, pair)| pair)
    {
        return Err(invalid(name, "given twice"));
    }
    let parser = serde_urlencoded::Deserializer::new(form_urlencoded_pairs(query));
    serde_path_to_error::deserialize(parser).map_err(|error| {
        let path = error.path().to_string();
        invalid(&path, &error.into_inner().to_string())
    })
}

fn form_urlencoded_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(400, "malformed_json", "Malformed JSON").detail(error.to_string()).field("(body)")
}

/// Serde says which field is missing or unknown only in its sentence: the field is taken from
/// there, so that the document always names it.
fn invalid(path: &str, sentence: &str) -> Problem {
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| sentence.strip_prefix(start))
        .and_then(|rest| rest.split('`').next());
    let root = path.is_empty() || path == ".";
    let field = match named {
        Some(name) if root || path == name || path.ends_with(&format!(".{name}")) => {
            if root {
                name.to_owned()
            } else {
                path.to_owned()
            }
        }
        Some(name) => format!("{path}.{name}"),
        None if root => "(body)".to_owned(),
        None => path.to_owned(),
    };
    Problem::new(400, "invalid_field", "Invalid field").detail(sentence).field(field)
}

fn without_place(error: &serde_json::Error) -> String {
    let sentence = error.to_string();
    sentence.rsplit_once(" at line ").map_or(sentence.clone(), |(before, _)| before.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code, reason = "read to be refused")]
        items: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code, reason = "read to be refused")]
        seat: u32,
    }

    async fn document(problem: Problem) -> serde_json::Value {
        let body = actix_web::body::to_bytes(problem.error_response().into_body()).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    #[actix_web::test]
    async fn a_problem_names_the_field() {
        for (json, code, field) in [
            (r#"{"items":[{"seat":"x"}]}"#, "invalid_field", "items[0].seat"),
            (r#"{"items":[{}]}"#, "invalid_field", "items[0].seat"),
            (r#"{"items":[{"seat":1,"row":2}]}"#, "invalid_field", "items[0].row"),
            (r#"{}"#, "invalid_field", "items"),
            (r#"{"items":[],"more":1}"#, "invalid_field", "more"),
            (r#"[]"#, "invalid_field", "(body)"),
            (r#" [[{"seat":1}]]"#, "invalid_field", "(body)"),
        ] {
            let problem = body::<Outer>(json.as_bytes()).unwrap_err();
            assert_eq!(problem.code(), code, "{json}");
            let document = document(problem).await;
            assert_eq!(document["field"], field, "{json}: {document}");
            assert_eq!(document["status"], 400);
            assert_eq!(document["type"], format!("/problems/{code}"));
        }
    }

    #[actix_web::test]
    async fn what_is_not_json_is_said_to_be_so() {
        let deep = r#"{"a":"#.repeat(100_000);
        for json in ["", "{", "nul", r#"{"items":[]} x"#, deep.as_str()] {
            let code = body::<serde_json::Value>(json.as_bytes()).unwrap_err().code();
            assert_eq!(code, "malformed_json", "{}", json.chars().take(20).collect::<String>());
        }
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Parameters {
        #[allow(dead_code, reason = "read to be refused")]
        limit: u32,
    }

    #[actix_web::test]
    async fn a_query_problem_names_the_parameter() {
        for (text, field) in [
            ("limit=x", "limit"),
            ("", "limit"),
            ("limit=1&sort=a", "sort"),
            ("limit=1&limit=2", "limit"),
        ] {
            let document = document(query::<Parameters>(text).unwrap_err()).await;
            assert_eq!(document["field"], field, "{text}: {document}");
        }
    }
}
