use std::path::Path;

use comfy_table::Table;
use comfy_table::presets;
use serde::Serialize;

/// One figure beside its peer's.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    pub(crate) peer: f64,
    pub(crate) peer_name: &'static str,
    pub(crate) ratio: f64,
    pub(crate) goal: f64,
    pub(crate) holds: bool,
}

impl Row {
    /// The median of several rounds on each side.
    pub(crate) fn of(
        name: &'static str,
        unit: &'static str,
        peer_name: &'static str,
        goal: f64,
        mut ours: Vec<f64>,
        mut peers: Vec<f64>,
    ) -> Self {
        let (ours, peer) = (median(&mut ours), median(&mut peers));
        let ratio = ours / peer;
        Self { name, unit, ours, peer, peer_name, ratio, goal, holds: ratio >= goal }
    }
}

fn median(rounds: &mut [f64]) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds.get(rounds.len() / 2).copied().unwrap_or(f64::NAN)
}

/// All figures of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(crate) fn print_and_write(&self) -> anyhow::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["benchmark", "unit", "Holdfast", "peer", "", "ratio", "goal", ""]);
        for row in &self.rows {
            table.add_row([
                row.name.to_owned(),
                row.unit.to_owned(),
                format!("{:.0}", row.ours),
                format!("{:.0}", row.peer),
                row.peer_name.to_owned(),
                format!("{:.2}", row.ratio),
                format!("≥ {:.1}", row.goal),
                if row.holds { "holds".to_owned() } else { "DOES NOT HOLD".to_owned() },
            ]);
        }
        eprintln!("{table}");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
        std::fs::create_dir_all(&folder)?;
        let json = serde_json::to_vec_pretty(&self.rows)?;
        std::fs::write(folder.join("bench-report.json"), json)?;
        Ok(())
    }
}
