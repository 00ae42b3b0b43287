//! `runArgs`: the flags of `docker run`, read when the configuration is, and set in the engine's request when a container is made.

mod flags;

use std::collections::BTreeMap;

use crate::devcontainer::{ConfigError, DevContainer, Mount, Spanned, Variables};
use crate::engine::{ContainerSpec, ExtraOptions, GpuRequest};
use crate::steps::flags::values;

/// A file of the repository that a flag names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NamedFile {
    /// `--env-file`.
    Variables(Spanned<String>),
    /// `--label-file`.
    Labels(Spanned<String>),
    /// `--security-opt seccomp=`.
    Seccomp(Spanned<String>),
}

/// What `runArgs` say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunArgs {
    /// `--user`.
    user: Option<String>,
    /// `--hostname`.
    hostname: Option<String>,
    /// `--env`, as `NAME=VALUE`.
    env: Vec<String>,
    /// Files of the repository.
    files: Vec<NamedFile>,
    /// `--label`.
    labels: BTreeMap<String, String>,
    /// `--mount` and `--volume`.
    mounts: Vec<Mount>,
    /// `--init`.
    init: bool,
    /// `--privileged`.
    privileged: bool,
    /// `--gpus`, as it is written, and what that says.
    gpus_asked: Option<Spanned<String>>,
    gpus: Option<Spanned<GpuRequest>>,
    extra: Box<ExtraOptions>,
    warnings: Vec<String>,
}

impl RunArgs {
    /// Reads the flags of a configuration. Pure: what is wrong with them is known before anything is asked of an engine.
    pub fn parse(config: &DevContainer, variables: &Variables) -> Result<Self, ConfigError> {
        let word = |word: &Spanned<String>| Spanned { value: variables.apply(&word.value), span: word.span.clone() };
        let mut read = Self::default();
        // Reference CLI: before `runArgs`, a number on this machine alone.
        for port in &config.app_ports {
            let text = variables.apply(&port.value);
            let on = if text.bytes().all(|byte| byte.is_ascii_digit()) && port.is_number {
                format!("127.0.0.1:{text}:{text}")
            } else {
                text
            };
            let fail = |problem: String| config.error(port.span.clone(), format!("appPort: {problem}"), None);
            read.extra.ports.extend(values::publish(&on).map_err(fail)?);
        }
        read.warnings = flags::FLAGS.read(config, config.run_args.iter().map(word), &mut read)?;
        if read.extra.health.contradicts_itself() {
            let problem = "runArgs: `--no-healthcheck` contradicts the other flags of a health check".to_owned();
            return Err(config.error(config.run_args.first().map_or(0..0, |first| first.span.clone()), problem, None));
        }
        if let Some(asked) = read.gpus_asked.take() {
            let fail = |problem| config.error(asked.span.clone(), format!("runArgs: `--gpus`: {problem}"), None);
            read.gpus = Some(Spanned { value: values::gpus(&asked.value).map_err(fail)?, span: asked.span.clone() });
        }
        // A name alone stands for the variable of where docker is called; there is none on a machine of GitHub's own.
        let env = std::mem::take(&mut read.env);
        let given = |text: String| {
            if text.contains('=') {
                return Some(text);
            }
            variables.local_env.get(&text).map(|value| format!("{text}={value}"))
        };
        read.env = env.into_iter().filter_map(given).collect();
        Ok(read)
    }

    /// Returns what a person should know, in words.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the files that are named, as paths that docker would open.
    pub(super) fn files(&self) -> &[NamedFile] {
        &self.files
    }

    /// Takes an option of `--security-opt`: a seccomp profile is a file that docker reads and hands on as it is.
    fn secure(&mut self, option: Spanned<String>) {
        match values::seccomp_profile(&option.value) {
            Some(profile) => {
                self.files.push(NamedFile::Seccomp(Spanned { value: profile.to_owned(), span: option.span }));
            }
            None => self.extra.security_opt.push(option.value),
        }
    }

    /// Tells whether files of the repository are read for them.
    pub const fn names_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// Returns what is to be mounted.
    pub(super) fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// Returns the GPUs that are asked for.
    pub(super) fn gpus(&self) -> Option<&Spanned<GpuRequest>> {
        self.gpus.as_ref()
    }

    /// Returns the platform that the image is to be for.
    pub(super) fn platform(&self) -> Option<&str> {
        self.extra.platform.as_deref()
    }

    /// Sets all but the mounts. What the configuration says in another way holds too; where there can be only one, the flag wins, as it
    /// stands later on docker's command line.
    pub(super) fn apply(&self, spec: &mut ContainerSpec) {
        let Self { user, hostname, env, labels, init, privileged, extra, .. } = self.clone();
        spec.user = user.or(spec.user.take());
        spec.hostname = hostname.or(spec.hostname.take());
        spec.env.extend(env);
        spec.labels.extend(labels);
        spec.init |= init;
        spec.privileged |= privileged;
        let own = std::mem::take(&mut spec.extra);
        spec.extra = ExtraOptions {
            cap_add: [own.cap_add, extra.cap_add].concat(),
            security_opt: [own.security_opt, extra.security_opt].concat(),
            ..*extra
        };
    }
}

#[cfg(test)]
mod tests;
