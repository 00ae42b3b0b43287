//! What a Dockerfile is built from: the file itself and the folder that it copies from, both in the clone.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::stand_ins::StandIns;
use crate::devcontainer::{ConfigError, DevContainer, DockerIgnore, Dockerfile, DockerfileBuild, Spanned, Syntax};
use crate::nearest::nearest;

/// The largest Dockerfile and `.dockerignore` that are read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What a Dockerfile is called in a context that does not have it.
const OUTSIDE: &str = ".localspace.Dockerfile";

/// What to do about what lies outside.
const MOVE: &str = "a codespace has the repository's own files alone: move it into the repository";

/// The image whose frontends read a Dockerfile by docker's own grammar.
const DOCKERS: &str = "docker/dockerfile";

/// A Dockerfile and its context.
#[derive(Debug)]
pub(super) struct Context {
    /// The Dockerfile's path in the repository.
    pub(super) file: String,
    /// Its text.
    pub(super) text: String,
    pub(super) folder: PathBuf,
    pub(super) ignore: DockerIgnore,
    /// Its path in the context, where that has it.
    inside: Option<String>,
}

/// Which part of a context BuildKit is to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frontend {
    /// The Dockerfile as it is.
    AsWritten,
    /// The Dockerfile without its `# syntax`: the engine's own frontend reads it.
    Own,
}

impl Context {
    /// Finds them in a clone, which is the folder `called` in the container. `target` is the stage to build, and where it is named.
    pub(super) fn find(
        config: &DevContainer,
        build: &DockerfileBuild,
        target: Option<&Spanned<String>>,
        (clone, called): (&Path, &str),
    ) -> Result<Self, ConfigError> {
        let places = Places::of(config, clone, called)?;
        let (dockerfile, file) = places.find(&build.dockerfile, "Dockerfile", Path::is_file)?;
        let folder = match &build.context {
            Some(context) => places.find(context, "folder", Path::is_dir)?.0,
            None => dockerfile.parent().map_or_else(|| clone.to_owned(), Path::to_owned),
        };
        let span = &build.dockerfile.span;
        let text =
            read(&dockerfile).map_err(|problem| config.error(span.clone(), format!("{file}: {problem}"), None))?;
        check(config, span, &file, &text, target)?;
        let ignore = ignore(&dockerfile, &folder, &places.clone)
            .map_err(|(problem, hint)| config.error(span.clone(), problem, Some(hint.to_owned())))?;
        let inside = dockerfile.strip_prefix(&folder).ok().map(|path| path.display().to_string());
        let inside = inside.filter(|path| !ignore.leaves_out(path));
        Ok(Self { file, text, folder, ignore, inside })
    }

    /// Returns the Dockerfile's path in the context that is sent, and the files that are sent besides the folder's own.
    pub(super) fn dockerfile(&self, frontend: Frontend, stand_ins: &StandIns) -> (String, Vec<(PathBuf, Vec<u8>)>) {
        let text = stand_ins.text(&self.text);
        let text = match (frontend, Syntax::of(&text)) {
            (Frontend::Own, Some(syntax)) => syntax.removed_from(&text),
            (Frontend::Own, None) | (Frontend::AsWritten, _) => text,
        };
        match (&self.inside, frontend) {
            (Some(path), Frontend::AsWritten) if stand_ins.has_own_text() => (path.clone(), Vec::new()),
            // BuildKit wants the Dockerfile in the context that it gets over this way.
            (Some(_) | None, _) => (OUTSIDE.to_owned(), vec![(PathBuf::from(OUTSIDE), text.into_bytes())]),
        }
    }
}

/// Where a configuration's paths start, and what they may not leave.
struct Places<'a> {
    config: &'a DevContainer,
    beside: PathBuf,
    clone: PathBuf,
    /// What the clone is called where a variable stands for it.
    called: &'a str,
}

impl<'a> Places<'a> {
    fn of(config: &'a DevContainer, clone: &Path, called: &'a str) -> Result<Self, ConfigError> {
        let clone = clone.canonicalize();
        let clone = clone.map_err(|error| config.error(0..1, format!("the clone cannot be read: {error}"), None))?;
        let beside = Path::new(&config.file).parent().map_or_else(|| clone.clone(), |folder| clone.join(folder));
        Ok(Self { config, beside, clone, called })
    }

    /// Returns a path of the clone, and what it is called in the repository.
    fn find(
        &self,
        named: &Spanned<String>,
        what: &str,
        is_it: impl Fn(&Path) -> bool,
    ) -> Result<(PathBuf, String), ConfigError> {
        let own = Path::new(&named.value).strip_prefix(self.called).map(|inside| self.clone.join(inside));
        let path = normal(&own.unwrap_or_else(|_| self.beside.join(&named.value)));
        let shown =
            path.strip_prefix(&self.clone).map_or_else(|_| named.value.clone(), |path| path.display().to_string());
        let shown = if shown.is_empty() { ".".to_owned() } else { shown };
        let error = |problem: String, hint: &str| self.config.error(named.span.clone(), problem, Some(hint.to_owned()));
        let real = path.canonicalize().ok();
        if !path.starts_with(&self.clone) || real.as_ref().is_some_and(|real| !real.starts_with(&self.clone)) {
            let problem = format!("the {what} `{}` lies outside the repository", named.value);
            return Err(error(problem, MOVE));
        }
        match real.filter(|real| is_it(real)) {
            Some(real) => Ok((real, shown)),
            None => Err(error(
                format!("there is no {what} {shown} in the repository"),
                "the path starts at the folder that the configuration is in, and what is not committed is not there",
            )),
        }
    }
}

/// Returns a path without `.` and `..`, no link looked at.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            part @ (Component::Prefix(_) | Component::RootDir | Component::Normal(_)) => normal.push(part),
        }
    }
    normal
}

/// What BuildKit would only find after it has begun. A frontend that is not docker's may read another language.
fn check(
    config: &DevContainer,
    span: &Range<usize>,
    file: &str,
    text: &str,
    target: Option<&Spanned<String>>,
) -> Result<(), ConfigError> {
    if Syntax::of(text).is_some_and(|syntax| !syntax.image.contains(DOCKERS)) {
        return Ok(());
    }
    let dockerfile = Dockerfile::read(text);
    if !dockerfile.has_stages() {
        return Err(config.error(span.clone(), format!("{file} has no FROM"), None));
    }
    match target {
        Some(target) if !dockerfile.has_stage(&target.value) => {
            let names: Vec<&str> = dockerfile.stage_names().collect();
            let hint = nearest(&target.value, names.iter().copied())
                .map(|meant| format!("did you mean `{meant}`?"))
                .or_else(|| (!names.is_empty()).then(|| format!("its stages are {}", names.join(", "))));
            let problem = format!("{file} has no stage `{}`", target.value);
            Err(config.error(target.span.clone(), problem, hint))
        }
        Some(_) | None => Ok(()),
    }
}

/// Reads `<Dockerfile>.dockerignore`, else the context's own; a link may not lead out of the clone.
fn ignore(dockerfile: &Path, folder: &Path, clone: &Path) -> Result<DockerIgnore, (String, &'static str)> {
    let mut own = dockerfile.as_os_str().to_owned();
    own.push(".dockerignore");
    let all = [PathBuf::from(own), folder.join(".dockerignore")];
    let Some(path) = all.iter().find(|path| path.is_file()) else { return Ok(DockerIgnore::default()) };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !path.canonicalize().is_ok_and(|real| real.starts_with(clone)) {
        return Err((format!("{name} is a link that leads out of the repository"), MOVE));
    }
    let refused = |problem: String| (problem, "docker would refuse it too");
    let text = read(path).map_err(|problem| refused(format!("{name}: {problem}")))?;
    DockerIgnore::read(&text).map_err(|fault| refused(format!("{name}:{}: {}", fault.line, fault.problem)))
}

fn read(path: &Path) -> Result<String, String> {
    match path.metadata() {
        Ok(about) if about.len() > LARGEST => return Err(format!("it is larger than {LARGEST} bytes")),
        Ok(_) | Err(_) => {}
    }
    let bytes = std::fs::read(path).map_err(|error| format!("it cannot be read: {error}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::devcontainer::ContainerSource;

    fn clone() -> tempfile::TempDir {
        let top = tempfile::tempdir().expect("a folder");
        for folder in ["clone/.devcontainer", "clone/docker"] {
            std::fs::create_dir_all(top.path().join(folder)).expect("made");
        }
        for (file, text) in [
            ("clone/.devcontainer/Dockerfile", "FROM a AS dev\nFROM b\n"),
            ("clone/docker/app.Dockerfile", "FROM a\n"),
            ("clone/docker/Other", "# syntax=acme/other:1\nanything\n"),
            ("clone/Nothing", "RUN a\n"),
            ("outside", "FROM secret\n"),
        ] {
            std::fs::write(top.path().join(file), text).expect("written");
        }
        symlink("../../outside", top.path().join("clone/docker/link")).expect("linked");
        symlink("app.Dockerfile", top.path().join("clone/docker/inner")).expect("linked");
        top
    }

    fn find(top: &Path, build: &str) -> Result<Context, String> {
        let text = format!("{{\"build\": {build}}}");
        let config = DevContainer::parse(&text, ".devcontainer/devcontainer.json").expect(build);
        let ContainerSource::Dockerfile(build) = &config.source else { panic!("a Dockerfile") };
        let clone = top.join("clone");
        Context::find(&config, build, build.target.as_ref(), (&clone, "/workspaces/app"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_dockerfile_lies_beside_the_configuration_and_its_context_beside_it() {
        let top = clone();
        let outside = Some(OUTSIDE);
        for (build, file, folder, inside) in [
            (r#"{"dockerfile": "Dockerfile"}"#, ".devcontainer/Dockerfile", ".devcontainer", Some("Dockerfile")),
            (
                r#"{"dockerfile": "Dockerfile", "context": ".."}"#,
                ".devcontainer/Dockerfile",
                "",
                Some(".devcontainer/Dockerfile"),
            ),
            (
                r#"{"dockerfile": "../docker/app.Dockerfile", "context": "."}"#,
                "docker/app.Dockerfile",
                ".devcontainer",
                outside,
            ),
            (r#"{"dockerfile": "/workspaces/app/docker/inner"}"#, "docker/inner", "docker", Some("app.Dockerfile")),
            (
                r#"{"dockerfile": "Dockerfile", "context": "/workspaces/app"}"#,
                ".devcontainer/Dockerfile",
                "",
                Some(".devcontainer/Dockerfile"),
            ),
            (r#"{"dockerfile": "../docker/Other", "target": "x"}"#, "docker/Other", "docker", Some("Other")),
        ] {
            let found = find(top.path(), build).expect(build);
            let clone = top.path().join("clone").canonicalize().expect("there");
            assert_eq!((found.file.as_str(), found.folder.clone()), (file, clone.join(folder)), "{build}");
            assert_eq!(Some(found.dockerfile(Frontend::AsWritten, &StandIns::default()).0.as_str()), inside, "{build}");
        }
    }

    #[test]
    fn what_cannot_be_built_is_an_error_at_its_place() {
        let top = clone();
        for (build, problem) in [
            (r#"{"dockerfile": "No"}"#, ":1:26: there is no Dockerfile .devcontainer/No in the repository"),
            (r#"{"dockerfile": ".."}"#, "there is no Dockerfile . in the repository"),
            (
                r#"{"dockerfile": "Dockerfile", "context": "No"}"#,
                "there is no folder .devcontainer/No in the repository",
            ),
            (r#"{"dockerfile": "../../outside"}"#, "the Dockerfile `../../outside` lies outside the repository"),
            (r#"{"dockerfile": "../docker/link"}"#, "the Dockerfile `../docker/link` lies outside the repository"),
            (r#"{"dockerfile": "/etc/passwd"}"#, "lies outside the repository"),
            (r#"{"dockerfile": "Dockerfile", "context": "../.."}"#, "the folder `../..` lies outside the repository"),
            (r#"{"dockerfile": "../Nothing"}"#, "Nothing has no FROM"),
            (r#"{"dockerfile": "Dockerfile", "target": "de"}"#, ":1:50: .devcontainer/Dockerfile has no stage `de`"),
        ] {
            let error = find(top.path(), build).expect_err(build);
            assert!(error.contains(problem), "{build}: {error}");
        }
        std::fs::write(top.path().join("clone/.devcontainer/.dockerignore"), "a\n!\n").expect("written");
        let error = find(top.path(), r#"{"dockerfile": "Dockerfile"}"#).expect_err("refused");
        assert!(error.contains(".dockerignore:2: `!`"), "{error}");
    }

    #[test]
    fn no_line_of_a_file_outside_is_told() {
        let top = clone();
        std::fs::write(top.path().join("outside"), "!\n").expect("written");
        for name in [".dockerignore", "Dockerfile.dockerignore"] {
            let link = top.path().join("clone/.devcontainer").join(name);
            symlink("../../outside", &link).expect("linked");
            let error = find(top.path(), r#"{"dockerfile": "Dockerfile"}"#).expect_err("refused");
            assert!(error.contains(&format!("{name} is a link that leads out of the repository")), "{error}");
            std::fs::remove_file(&link).expect("removed");
        }
    }

    #[test]
    fn what_is_left_out_of_the_context_is_sent_besides() {
        let top = clone();
        let write =
            |name: &str, text: &str| std::fs::write(top.path().join("clone").join(name), text).expect("written");
        write(".devcontainer/.dockerignore", "*\n");
        let found = find(top.path(), r#"{"dockerfile": "Dockerfile"}"#).expect("found");
        let (name, more) = found.dockerfile(Frontend::AsWritten, &StandIns::default());
        assert_eq!((name.as_str(), more.len()), (OUTSIDE, 1));
        // The Dockerfile's own list comes first.
        write(".devcontainer/Dockerfile.dockerignore", "other\n");
        let found = find(top.path(), r#"{"dockerfile": "Dockerfile"}"#).expect("found");
        assert_eq!(found.dockerfile(Frontend::AsWritten, &StandIns::default()).0, "Dockerfile");
        write(".devcontainer/Dockerfile", "# syntax=docker/dockerfile:1\nFROM a\n");
        let found = find(top.path(), r#"{"dockerfile": "Dockerfile"}"#).expect("found");
        let (name, more) = found.dockerfile(Frontend::Own, &StandIns::default());
        assert_eq!((name.as_str(), more[0].1.as_slice()), (OUTSIDE, &b"#\nFROM a\n"[..]));
    }
}
