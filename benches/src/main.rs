//! The benchmarks. Each runs beside its peer, in turn with it, in the same run: what counts is the
//! ratio, for a machine's own speed changes from hour to hour. Prints a table and writes
//! `target/bench-report.json`. A goal that does not hold is printed as such.
//! How each is measured: `docs/benchmarks.md`.

mod append;
mod disk;
mod live;
mod postgres;
mod postgres_server;
mod process;
mod read_all;
mod report;
mod run;
mod serve;
mod ten_million;
mod umadb;
mod wire;
mod workload;

use std::path::Path;
use std::time::Instant;

use report::{Report, Row};
use run::Run;

/// A benchmark, by the name that `make bench ONLY=` takes.
const NAMES: [&str; 8] = [
    "append-many",
    "append-one-stream",
    "disk-limit",
    "one-writer",
    "wire",
    "read-all",
    "live",
    "ten-million",
];

fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let [command, folder] = arguments.as_slice()
        && command == "serve"
    {
        return runtime.block_on(serve::serve(Path::new(folder)));
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    arguments.retain(|argument| argument != "--quick");
    for name in &arguments {
        anyhow::ensure!(
            NAMES.contains(&name.as_str()),
            "there is no benchmark {name}; there are {}",
            NAMES.join(", ")
        );
    }
    runtime.block_on(all(&arguments, &Run::new(quick)))
}

/// A benchmark that fails is told and leaves the others their turn; the run then fails.
async fn all(only: &[String], run: &Run) -> anyhow::Result<()> {
    run.print_head().await?;
    let mut report = Report::default();
    let mut failed = vec![];
    for name in NAMES {
        if !only.is_empty() && !only.iter().any(|wanted| wanted == name) {
            continue;
        }
        let begun = Instant::now();
        match measure(name, run).await {
            Ok(rows) => report.add(rows),
            Err(error) => {
                eprintln!("{name} could not be measured: {error:#}");
                failed.push(name);
            }
        }
        eprintln!("{name}: {:.0} s", begun.elapsed().as_secs_f64());
    }
    report.print_and_write(run.target())?;
    anyhow::ensure!(failed.is_empty(), "not measured: {}", failed.join(", "));
    Ok(())
}

async fn measure(name: &str, run: &Run) -> anyhow::Result<Vec<Row>> {
    Ok(match name {
        "append-many" => append::many(run).await?.into(),
        "append-one-stream" => append::one_stream(run).await?.into(),
        "disk-limit" => vec![disk::batches(run).await?],
        "one-writer" => vec![disk::one_writer(run).await?],
        "wire" => vec![wire::measure(run).await?],
        "read-all" => read_all::measure(run).await?.into(),
        "live" => vec![live::measure(run).await?],
        "ten-million" => ten_million::measure(run).await?.into(),
        _ => vec![],
    })
}
