use std::io::{IsTerminal as _, Read};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How far an import is: by the bytes of its file. Off a terminal it keeps quiet.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(crate) fn new(path: &Path, bytes: u64) -> anyhow::Result<Self> {
        let bar = ProgressBar::new(bytes);
        let style = "{prefix} {bar:30} {percent:>3}%  {msg}  about {eta} left";
        bar.set_style(ProgressStyle::with_template(style)?);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        bar.set_prefix(name);
        Ok(Self { bar })
    }

    pub(crate) fn watch<R: Read>(&self, reader: R) -> impl Read + use<R> {
        self.bar.wrap_read(reader)
    }

    pub(crate) fn flights(&self, count: u64) {
        let rate = count as f64 / self.bar.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{count} flights, {rate:.0}/s"));
    }

    /// Says a line on standard error, above the bar.
    pub(crate) fn say(&self, line: &Option<String>) {
        let Some(line) = line else { return };
        if std::io::stderr().is_terminal() {
            self.bar.println(line);
        } else {
            eprintln!("{line}");
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.bar.elapsed()
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
