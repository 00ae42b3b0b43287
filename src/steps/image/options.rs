//! `build.options`: the flags of `docker buildx build`, read when the configuration is, as the reference CLI hands them on.

use std::collections::BTreeMap;

use crate::devcontainer::{ConfigError, ContainerSource, DevContainer, Spanned, Variables};
use crate::engine::{BuildSpec, Reuse, Ulimit};
use crate::steps::flags::values as read;
use crate::steps::flags::{self, Flag, Flags, Takes, add, left_out, put, refused, set, turn};

/// What `build.options` say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildOptions {
    /// `--build-arg`, as it is written: `NAME=VALUE`, or a name alone.
    args: Vec<String>,
    labels: BTreeMap<String, String>,
    hosts: Vec<String>,
    cache_from: Vec<String>,
    target: Option<String>,
    platform: Option<String>,
    network: Option<String>,
    shm_size: Option<i64>,
    ulimits: Vec<Ulimit>,
    no_cache: bool,
    pull: bool,
    warnings: Vec<String>,
}

impl BuildOptions {
    /// Reads the options of a configuration. Pure: what is wrong with them is known before anything is asked of an engine.
    pub fn parse(config: &DevContainer, variables: &Variables) -> Result<Self, ConfigError> {
        let mut read = Self::default();
        let ContainerSource::Dockerfile(build) = &config.source else { return Ok(read) };
        let word = |word: &Spanned<String>| Spanned { value: variables.apply(&word.value), span: word.span.clone() };
        read.warnings = FLAGS.read(config, build.options.iter().map(word), &mut read)?;
        // A name alone stands for the variable of where docker is called, and for nothing where there is none.
        let given = |text: String| match text.split_once('=') {
            Some(_) => Some(text),
            None => variables.local_env.get(&text).map(|value| format!("{text}={value}")),
        };
        read.args = std::mem::take(&mut read.args).into_iter().filter_map(given).collect();
        Ok(read)
    }

    /// Returns options that the command line has.
    pub fn given(platform: Option<String>, cache_from: &[String]) -> Result<Self, String> {
        let platform = platform.map(|text| one_platform(&text)).transpose()?;
        let cache_from = cache_from.iter().map(|text| cache(text)).collect::<Result<_, _>>()?;
        Ok(Self { cache_from, platform, ..Self::default() })
    }

    /// Adds options that come before these.
    #[must_use]
    pub fn and(mut self, first: Self) -> Self {
        self.cache_from.splice(0..0, first.cache_from);
        self.platform = first.platform.or(self.platform);
        self
    }

    /// Returns the platform that the image is to be for.
    pub(super) fn platform(&self) -> Option<&str> {
        self.platform.as_deref()
    }

    /// Returns what a person should know, in words.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the stage to build, where an option names one.
    pub(super) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Sets what the options say about how steps run, whichever they are.
    pub(super) fn apply_to_steps(&self, spec: &mut BuildSpec) {
        spec.hosts.extend(self.hosts.iter().cloned());
        spec.ulimits.extend(self.ulimits.iter().cloned());
        spec.network = self.network.clone().or(spec.network.take());
        spec.shm_size = self.shm_size.or(spec.shm_size);
    }

    /// Sets what the options say. They stand behind what the configuration says in another way, and so come after it.
    pub(super) fn apply(&self, spec: &mut BuildSpec) {
        let Self { args, labels, cache_from, target, platform, .. } = self.clone();
        self.apply_to_steps(spec);
        let pairs = args.iter().filter_map(|arg| arg.split_once('='));
        spec.args.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        spec.labels.extend(labels);
        spec.cache_from.extend(cache_from);
        spec.target = target.or(spec.target.take());
        spec.platform = platform.or(spec.platform.take());
        spec.reuse = match (self.no_cache, self.pull) {
            (false, false) => spec.reuse,
            (true, false) => Reuse::BaseImages,
            (false, true) => Reuse::Steps,
            (true, true) => Reuse::Nothing,
        };
    }
}

// Why a flag is left out.
const OUTPUT: &str = "the image goes to the engine, and what happens is shown here";
const NAME: &str = "the image has the codespace's name";
const NOT_BUILDKIT: &str = "BuildKit knows nothing of it";
const ATTESTATION: &str = "the engine keeps none";

// Why a flag is refused.
const COMMAND_ONLY: &str = "is for the `docker buildx` command alone: the engine's own interface has nothing like it";
const SECRET: &str = "hands a secret to the build: on GitHub no secret is there while an image is built, and this version has none for it \
    either";
const DOCKERFILE: &str = "would replace the Dockerfile that the configuration names: use build.dockerfile";

/// The flags of `docker buildx build`.
static FLAGS: Flags<BuildOptions> = Flags { property: "build.options", command: "docker buildx build", table: TABLE };

const fn value(name: &'static str, setter: flags::Setter<BuildOptions>) -> Flag<BuildOptions> {
    set(name, setter)
}

/// Sources: `docker buildx build --help` of buildx 0.13 and 0.25; its hidden flags are those of `docker build` without BuildKit.
const TABLE: &[Flag<BuildOptions>] = &[
    value("--add-host", |args, text| add(&mut args.hosts, read::host(text))),
    refused("--allow", COMMAND_ONLY),
    refused("--annotation", COMMAND_ONLY),
    left_out("--attest", Takes::Value, ATTESTATION),
    value("--build-arg", |args, text| add(&mut args.args, read::text(text))),
    refused("--build-context", COMMAND_ONLY),
    left_out("--builder", Takes::Value, "the engine's own builder is taken"),
    value("--cache-from", |args, text| add(&mut args.cache_from, cache(text))),
    refused("--cache-to", COMMAND_ONLY),
    refused("--call", COMMAND_ONLY),
    refused("--cgroup-parent", COMMAND_ONLY),
    refused("--check", COMMAND_ONLY),
    left_out("--compress", Takes::Nothing, NOT_BUILDKIT),
    left_out("--cpu-period", Takes::Value, NOT_BUILDKIT),
    left_out("--cpu-quota", Takes::Value, NOT_BUILDKIT),
    left_out("--cpu-shares", Takes::Value, NOT_BUILDKIT).or("-c"),
    left_out("--cpuset-cpus", Takes::Value, NOT_BUILDKIT),
    left_out("--cpuset-mems", Takes::Value, NOT_BUILDKIT),
    left_out("--debug", Takes::Nothing, OUTPUT).or("-D"),
    refused("--file", DOCKERFILE).or("-f"),
    left_out("--force-rm", Takes::Nothing, NOT_BUILDKIT),
    left_out("--iidfile", Takes::Value, OUTPUT),
    left_out("--isolation", Takes::Value, NOT_BUILDKIT),
    value("--label", |args, text| add(&mut args.labels, read::label(text))),
    left_out("--load", Takes::Nothing, OUTPUT),
    left_out("--memory", Takes::Value, NOT_BUILDKIT).or("-m"),
    left_out("--memory-swap", Takes::Value, NOT_BUILDKIT),
    left_out("--metadata-file", Takes::Value, OUTPUT),
    value("--network", |args, text| put(&mut args.network, network(text))),
    flags::switch("--no-cache", |args, text| turn(&mut args.no_cache, read::switch(text))),
    refused("--no-cache-filter", COMMAND_ONLY),
    refused("--output", COMMAND_ONLY).or("-o"),
    value("--platform", |args, text| put(&mut args.platform, one_platform(text))),
    left_out("--progress", Takes::Value, OUTPUT),
    left_out("--provenance", Takes::Value, ATTESTATION),
    flags::switch("--pull", |args, text| turn(&mut args.pull, read::switch(text))),
    refused("--push", COMMAND_ONLY),
    left_out("--quiet", Takes::Nothing, OUTPUT).or("-q"),
    left_out("--rm", Takes::Nothing, NOT_BUILDKIT),
    left_out("--sbom", Takes::Value, ATTESTATION),
    refused("--secret", SECRET),
    left_out("--security-opt", Takes::Value, NOT_BUILDKIT),
    value("--shm-size", |args, text| put(&mut args.shm_size, read::bytes(text))),
    left_out("--squash", Takes::Nothing, NOT_BUILDKIT),
    refused("--ssh", SECRET),
    left_out("--tag", Takes::Value, NAME).or("-t"),
    value("--target", |args, text| put(&mut args.target, read::text(text))),
    value("--ulimit", |args, text| add(&mut args.ulimits, read::ulimit(text))),
];

/// Reads `IMAGE`, or `type=registry,ref=IMAGE`.
pub(super) fn cache(text: &str) -> Result<String, String> {
    if !text.contains('=') {
        return read::text(text);
    }
    let get = |wanted: &str| {
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        pairs
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim().to_owned())
            .next()
    };
    match (get("type").as_deref(), get("ref")) {
        (None | Some("registry"), Some(image)) if !image.is_empty() => Ok(image),
        (Some("registry") | None, _) => Err(format!("`{text}` names no image (ref=…)")),
        (Some(other), _) => Err(format!("the engine's own interface has no cache of type `{other}`, only registry")),
    }
}

fn network(text: &str) -> Result<String, String> {
    if ["default", "host", "none"].contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("BuildKit knows `default`, `host` and `none`, not `{text}`"))
}

fn one_platform(text: &str) -> Result<String, String> {
    if text.contains(',') {
        return Err("a container has one platform".to_owned());
    }
    read::text(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(options: &str) -> Result<BuildOptions, ConfigError> {
        let text = format!("{{\"build\": {{\"dockerfile\": \"D\",\n \"options\": {options}}}}}");
        let config = DevContainer::parse(&text, "f").expect("parsed");
        let local_env = [("HERE".to_owned(), "there".to_owned())].into();
        BuildOptions::parse(&config, &Variables { local_env, ..Variables::default() })
    }

    fn spec(options: &str) -> BuildSpec {
        let mut spec = BuildSpec { target: Some("own".to_owned()), ..BuildSpec::default() };
        parse(options).unwrap_or_else(|error| panic!("{error}")).apply(&mut spec);
        spec
    }

    #[test]
    fn every_option_that_sets_something_sets_it() {
        for (options, part) in [
            (
                r#"["--build-arg", "A=1=2", "--build-arg=HERE", "--build-arg=NOWHERE"]"#,
                r#"args: {"A": "1=2", "HERE": "there"}"#,
            ),
            (r#"["--label", "a=b"]"#, r#"labels: {"a": "b"}"#),
            (r#"["--add-host=a:1.2.3.4"]"#, r#"hosts: ["a:1.2.3.4"]"#),
            (r#"["--cache-from", "x", "--cache-from=type=registry,ref=y:1"]"#, r#"cache_from: ["x", "y:1"]"#),
            (r#"["--network=host"]"#, r#"network: Some("host")"#),
            (r#"["--platform", "linux/${localEnv:HERE}"]"#, r#"platform: Some("linux/there")"#),
            (r#"["--target", "dev"]"#, r#"target: Some("dev")"#),
            ("[]", r#"target: Some("own")"#),
            (r#"["--shm-size=1g"]"#, "shm_size: Some(1073741824)"),
            (r#"["--ulimit", "nofile=1:2"]"#, "soft: 1, hard: 2"),
            (r#"["--no-cache"]"#, "reuse: BaseImages"),
            (r#"["--pull"]"#, "reuse: Steps"),
            (r#"["--pull", "--no-cache=true"]"#, "reuse: Nothing"),
            (r#"["--pull=false"]"#, "reuse: All"),
        ] {
            let spec = format!("{:?}", spec(options));
            assert!(spec.contains(part), "{options}: {spec}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_an_error_or_a_warning_at_its_place() {
        for (options, problem) in [
            (r#"["--secret", "id=x"]"#, "f:2:14: build.options: `--secret` hands a secret to the build"),
            (r#"["--build-context=a=b"]"#, "`--build-context` is for the `docker buildx` command alone"),
            (r#"["-f", "x"]"#, "`-f` would replace the Dockerfile"),
            (r#"["--buildarg", "A=1"]"#, "`--buildarg` is no flag of `docker buildx build`"),
            (r#"["."]"#, "`.` is no flag"),
            (r#"["--network=mine"]"#, "BuildKit knows `default`, `host` and `none`, not `mine`"),
            (r#"["--platform=a,b"]"#, "a container has one platform"),
            (r#"["--cache-from=type=gha"]"#, "no cache of type `gha`"),
            (r#"["--target"]"#, "`--target` wants a value"),
        ] {
            let error = parse(options).expect_err(options).to_string();
            assert!(error.contains(problem), "{options}: {error}");
        }
        let read = parse(r#"["-t", "mine", "--progress=plain", "--compress"]"#).expect("read");
        assert_eq!(read.warnings().len(), 3, "{:?}", read.warnings());
        assert!(read.warnings().iter().all(|warning| warning.starts_with("f:2:") && warning.contains("is left out")));
    }

    #[test]
    fn the_flags_are_sorted_and_each_has_one_name() {
        assert!(TABLE.iter().map(|flag| flag.name).is_sorted_by(|one, next| one < next));
    }

    proptest! {
        #[test]
        fn no_options_panic(options in prop::collection::vec("-{0,2}[a-z=,]{0,12}", 0..4)) {
            let _read = parse(&serde_json::json!(options).to_string());
        }
    }
}
