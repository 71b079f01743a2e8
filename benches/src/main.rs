//! The benchmarks. Each runs beside its peer, in turn with it, in the same run: what counts is the
//! ratio, for a machine's own speed changes from hour to hour. Prints a table and writes
//! `target/bench-report.json`. A goal that does not hold is printed as such.

mod append;
mod report;

use report::Report;

/// A benchmark, by the name that `make bench ONLY=` takes.
const NAMES: [&str; 2] = ["append-one", "append-many"];

fn main() -> anyhow::Result<()> {
    let only = std::env::args().nth(1).filter(|name| !name.is_empty());
    if let Some(only) = &only
        && !NAMES.contains(&only.as_str())
    {
        anyhow::bail!("there is no benchmark {only}; there are {}", NAMES.join(", "));
    }
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = Report::default();
    runtime.block_on(async {
        if wanted("append-one") {
            report.add(append::measure("append-one", 1, 1.0).await?);
        }
        if wanted("append-many") {
            report.add(append::measure("append-many", 64, 2.0).await?);
        }
        anyhow::Ok(())
    })?;
    report.print_and_write()
}
