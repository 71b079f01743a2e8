use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::{Became, Flight};
use crate::cli::Target;
use crate::clock;

/// A running system, asked batch by batch.
pub(crate) struct Http {
    target: Target,
}

impl Http {
    pub(crate) fn new(target: Target) -> Self {
        Self { target }
    }

    pub(super) async fn schedule(&self, batch: &[Flight]) -> anyhow::Result<(Vec<Became>, u64)> {
        let flights: Vec<_> = batch.iter().map(|(_, request)| request).collect();
        let request = self
            .target
            .post("/v1/flights/batch")
            .header("Idempotency-Key", clock::new_id().to_string())
            .json(&json!({ "flights": flights }));
        let answer = self.target.json(request).await?;
        let results = answer.get("results").and_then(Value::as_array);
        let results = results.context("the system gave no results")?;
        if results.len() != batch.len() {
            bail!("the system answered {} results for {} flights", results.len(), batch.len());
        }
        let became = results.iter().map(became).collect::<anyhow::Result<_>>()?;
        let position = answer.get("position").and_then(Value::as_u64).unwrap_or_default();
        Ok((became, position))
    }
}

fn became(result: &Value) -> anyhow::Result<Became> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    match result.get("status").and_then(Value::as_str) {
        Some("scheduled") => Ok(Became::New),
        Some("unchanged") => Ok(Became::Unchanged),
        Some("rejected") => {
            let problem = result.get("problem");
            let member = |name: &str| text(problem.and_then(|problem| problem.get(name)));
            Ok(Became::Rejected { field: member("field"), reason: member("detail") })
        }
        _ => bail!("the system gave a result that this program does not know: {result}"),
    }
}
