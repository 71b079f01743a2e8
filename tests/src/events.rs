use serde_json::Value;

use crate::System;

/// The log, read as an auditor's script reads it.
impl System {
    /// The events of a stream; none when there is no such stream.
    pub fn stream(&self, name: &str) -> Vec<Value> {
        let read = self.holdfast(&["events", "read", "--json", "--stream", name]);
        lines(&read.stdout)
    }

    /// Every event of the log, in its order.
    pub fn log_events(&self) -> Vec<Value> {
        let read = self.holdfast(&["events", "read", "--json", "--all"]);
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        lines(&read.stdout)
    }
}

/// The documents of a subcommand that prints one a line.
pub fn lines(stdout: &[u8]) -> Vec<Value> {
    stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("a line of JSON"))
        .collect()
}
