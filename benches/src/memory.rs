use std::fs;

/// Forgets the peak so far; what the process has now, in megabytes. Linux alone says it.
pub fn start_peak() -> Option<f64> {
    fs::write("/proc/self/clear_refs", "5").ok()?;
    memory("VmRSS:")
}

/// The most the process had since [`start_peak`], in megabytes. Linux alone says it.
pub fn peak() -> Option<f64> {
    memory("VmHWM:")
}

fn memory(name: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024.0)
}
