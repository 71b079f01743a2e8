use indicatif::{ProgressBar, ProgressStyle};

/// A bar on the terminal; off a terminal it keeps quiet.
pub(super) fn bar(what: &'static str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(0).with_prefix(what);
    bar.set_style(ProgressStyle::with_template(
        "{prefix} {bar:30} {percent:>3}%  {pos}/{len}, about {eta} left",
    )?);
    Ok(bar)
}

/// Tells a bar how far something is.
pub(super) fn show(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}
