//! Two of the longer groups of `docker run`'s options: how fast a disk may be, and how it is known that a container is well.

use bollard::models::{HealthConfig, HostConfig, ResourcesBlkioWeightDevice, ThrottleDevice};

/// What `--blkio-…` and `--device-…-bps` and `-iops` say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiskLimits {
    /// `--blkio-weight`.
    pub weight: Option<u16>,
    /// `--blkio-weight-device`, by the device's path.
    pub weight_devices: Vec<(String, u16)>,
    /// `--device-read-bps`.
    pub read_bps: Vec<(String, i64)>,
    /// `--device-write-bps`.
    pub write_bps: Vec<(String, i64)>,
    /// `--device-read-iops`.
    pub read_iops: Vec<(String, i64)>,
    /// `--device-write-iops`.
    pub write_iops: Vec<(String, i64)>,
}

impl DiskLimits {
    pub(super) fn onto(self, host: HostConfig) -> HostConfig {
        let weighed = |(path, weight): (String, u16)| ResourcesBlkioWeightDevice {
            path: Some(path),
            weight: Some(usize::from(weight)),
        };
        HostConfig {
            blkio_weight: self.weight,
            blkio_weight_device: Some(self.weight_devices.into_iter().map(weighed).collect()),
            blkio_device_read_bps: Some(throttle(self.read_bps)),
            blkio_device_write_bps: Some(throttle(self.write_bps)),
            blkio_device_read_iops: Some(throttle(self.read_iops)),
            blkio_device_write_iops: Some(throttle(self.write_iops)),
            ..host
        }
    }
}

fn throttle(rates: Vec<(String, i64)>) -> Vec<ThrottleDevice> {
    let one = |(path, rate)| ThrottleDevice { path: Some(path), rate: Some(rate) };
    rates.into_iter().map(one).collect()
}

/// What `--health-…` say; times in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthCheck {
    /// `--no-healthcheck`: not the image's own either.
    pub none: bool,
    /// `--health-cmd`, for a shell.
    pub command: Option<String>,
    /// `--health-interval`.
    pub interval: Option<i64>,
    /// `--health-timeout`.
    pub timeout: Option<i64>,
    /// `--health-start-period`.
    pub start_period: Option<i64>,
    /// `--health-start-interval`.
    pub start_interval: Option<i64>,
    /// `--health-retries`.
    pub retries: Option<i64>,
}

impl HealthCheck {
    /// Tells whether it is both turned off and set.
    pub fn contradicts_itself(&self) -> bool {
        self.none && *self != Self { none: true, ..Self::default() }
    }

    /// Returns the engine's words for it; nothing where the image's own holds.
    pub(super) fn config(&self) -> Option<HealthConfig> {
        if *self == Self::default() {
            return None;
        }
        let test = match (&self.command, self.none) {
            (_, true) => Some(vec!["NONE".to_owned()]),
            (Some(command), false) => Some(vec!["CMD-SHELL".to_owned(), command.clone()]),
            (None, false) => None,
        };
        Some(HealthConfig {
            test,
            interval: self.interval,
            timeout: self.timeout,
            start_period: self.start_period,
            start_interval: self.start_interval,
            retries: self.retries,
        })
    }
}
