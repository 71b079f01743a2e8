//! The figures of a run: a table for people, `target/bench-report.json` for programs.

use std::path::Path;

use comfy_table::Table;
use comfy_table::presets;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// What the ratio of ours to the peer's has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Goal {
    /// More is better: throughput.
    AtLeast(f64),
    /// Less is better: latency.
    AtMost(f64),
    /// The figure is stated, not judged.
    Stated,
}

impl Goal {
    /// A ratio that could not be measured holds no goal.
    fn holds(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(goal) => ratio >= goal,
            Self::AtMost(goal) => ratio <= goal,
            Self::Stated => true,
        }
    }

    /// What programs read: the kind, and the ratio where there is one.
    fn as_fields(self) -> (&'static str, Option<f64>) {
        match self {
            Self::AtLeast(goal) => ("at_least", Some(goal)),
            Self::AtMost(goal) => ("at_most", Some(goal)),
            Self::Stated => ("stated", None),
        }
    }

    fn in_words(self) -> String {
        match self {
            Self::AtLeast(goal) => format!("≥ {goal}"),
            Self::AtMost(goal) => format!("≤ {goal}"),
            Self::Stated => String::new(),
        }
    }
}

impl Serialize for Goal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, ratio) = self.as_fields();
        let mut fields = serializer.serialize_map(Some(2))?;
        fields.serialize_entry("goal", &ratio)?;
        fields.serialize_entry("goal_kind", kind)?;
        fields.end()
    }
}

/// One figure beside its peer's.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    pub(crate) peer: f64,
    pub(crate) peer_name: String,
    pub(crate) ratio: f64,
    #[serde(flatten)]
    pub(crate) goal: Goal,
    pub(crate) holds: bool,
}

impl Row {
    /// The median of several rounds on each side.
    pub(crate) fn of(
        name: &'static str,
        unit: &'static str,
        peer_name: impl Into<String>,
        goal: Goal,
        ours: Vec<f64>,
        peers: Vec<f64>,
    ) -> Self {
        let (ours, peer) = (median(ours), median(peers));
        let ratio = ours / peer;
        let peer_name = peer_name.into();
        Self { name, unit, ours, peer, peer_name, ratio, goal, holds: goal.holds(ratio) }
    }
}

/// The middle one; not a number when there is none.
pub(crate) fn median(values: Vec<f64>) -> f64 {
    quantile(values, 0.5)
}

/// The value that such a share of all lie at or below; not a number when there is none.
pub(crate) fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let wanted = (0..=last).find(|rank| *rank as f64 >= last as f64 * share).unwrap_or(last);
    values.get(wanted).copied().unwrap_or(f64::NAN)
}

/// All figures of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn add(&mut self, rows: impl IntoIterator<Item = Row>) {
        self.rows.extend(rows);
    }

    pub(crate) fn print_and_write(&self, target: &Path) -> anyhow::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["benchmark", "unit", "Holdfast", "peer", "", "ratio", "goal", ""]);
        for row in &self.rows {
            table.add_row([
                row.name.to_owned(),
                row.unit.to_owned(),
                readable(row.ours),
                readable(row.peer),
                row.peer_name.clone(),
                format!("{:.2}", row.ratio),
                row.goal.in_words(),
                match (row.goal, row.holds) {
                    (Goal::Stated, _) => String::new(),
                    (_, true) => "holds".to_owned(),
                    (_, false) => "DOES NOT HOLD".to_owned(),
                },
            ]);
        }
        eprintln!("{table}");
        let json = serde_json::to_vec_pretty(&self.rows)?;
        std::fs::write(target.join("bench-report.json"), json)?;
        Ok(())
    }
}

fn readable(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(goal: Goal, ours: f64) -> Row {
        Row::of("name", "unit", "peer", goal, vec![ours], vec![10.0])
    }

    #[test]
    fn a_throughput_below_its_goal_and_a_latency_above_it_do_not_hold() {
        assert!(row(Goal::AtLeast(2.0), 20.0).holds);
        assert!(!row(Goal::AtLeast(2.0), 19.9).holds);
        assert!(row(Goal::AtMost(2.0), 20.0).holds);
        assert!(!row(Goal::AtMost(2.0), 20.1).holds);
    }

    #[test]
    fn programs_read_a_goal_as_a_number_and_its_kind() {
        let fields = |goal| {
            let row = serde_json::to_value(row(goal, 20.0)).unwrap();
            (row["goal"].clone(), row["goal_kind"].clone())
        };
        assert_eq!(fields(Goal::AtLeast(4.0)), (4.0.into(), "at_least".into()));
        assert_eq!(fields(Goal::AtMost(2.0)), (2.0.into(), "at_most".into()));
        assert_eq!(fields(Goal::Stated), (serde_json::Value::Null, "stated".into()));
    }

    #[test]
    fn a_figure_that_was_not_measured_never_holds() {
        for goal in [Goal::AtLeast(0.0), Goal::AtMost(9.0)] {
            assert!(!Row::of("name", "unit", "peer", goal, vec![], vec![1.0]).holds, "{goal:?}");
        }
    }

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(values.clone(), 0.99), 100.0);
        assert_eq!(quantile(values.clone(), 0.0), 1.0);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert!(median(vec![]).is_nan());
    }
}
