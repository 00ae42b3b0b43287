//! A mount, in the two forms that a configuration and `docker run --mount` have for it.

/// One entry of `mounts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// `volume`, `bind` or `tmpfs`.
    pub kind: String,
    /// A volume's name or a path; an anonymous volume where absent.
    pub source: Option<String>,
    /// Where inside.
    pub target: String,
    /// May not be written.
    pub read_only: bool,
    /// What is asked for besides.
    pub options: MountOptions,
}

/// What else `docker run --mount` and `--volume` take of a mount, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MountOptions {
    /// A bind mount's propagation, such as `rslave`.
    pub propagation: Option<String>,
    /// What is mounted in a bind mount's source is not in it.
    pub is_shallow: bool,
    /// A new volume does not get what the image has at its place.
    pub no_copy: bool,
    /// The part of a volume that is mounted.
    pub subpath: Option<String>,
    /// The size of a tmpfs.
    pub size: Option<String>,
    /// The mode of a tmpfs, in octal.
    pub mode: Option<String>,
    /// What does not act here.
    pub left_out: Vec<String>,
}

/// How a bind mount may be propagated.
const PROPAGATIONS: [&str; 6] = ["shared", "slave", "private", "rshared", "rslave", "rprivate"];

impl MountOptions {
    /// Reads the fields of `--mount` that are no part of every mount. `consistency` does nothing on Linux, and `external` is the reference CLI's.
    fn of_fields(fields: &[(String, String)]) -> Self {
        let mut options = Self::default();
        for (name, value) in fields {
            let is_on = !["false", "0"].contains(&value.as_str());
            match name.as_str() {
                "type" | "source" | "src" | "target" | "dst" | "destination" | "readonly" | "ro" | "consistency"
                | "external" | "" => {}
                "bind-propagation" if PROPAGATIONS.contains(&value.as_str()) => {
                    options.propagation = Some(value.clone());
                }
                "bind-nonrecursive" => options.is_shallow = is_on,
                "bind-recursive" if value == "disabled" => options.is_shallow = true,
                "bind-recursive" if value == "enabled" => options.is_shallow = false,
                "volume-nocopy" => options.no_copy = is_on,
                "volume-subpath" => options.subpath = Some(value.clone()),
                "tmpfs-size" => options.size = Some(value.clone()),
                "tmpfs-mode" => options.mode = Some(value.clone()),
                _ => options.left_out.push(format!("{name}={value}")),
            }
        }
        options
    }

    /// Reads the options of `--volume`; those for labels of `SELinux` and other machines' file systems do nothing here.
    fn of_volume(text: &str) -> Self {
        let mut options = Self::default();
        for option in text.split(',').filter(|option| !option.is_empty()) {
            match option {
                "ro" | "rw" | "z" | "Z" | "cached" | "delegated" | "consistent" => {}
                "nocopy" => options.no_copy = true,
                propagation if PROPAGATIONS.contains(&propagation) => {
                    options.propagation = Some(propagation.to_owned());
                }
                other => options.left_out.push(other.to_owned()),
            }
        }
        options
    }
}

impl Mount {
    /// Reads `type=volume,source=NAME,target=PATH[,readonly]`; an error is what is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let field = |field: &str| {
            let (name, value) = field.split_once('=').unwrap_or((field, "true"));
            (name.trim().to_owned(), value.to_owned())
        };
        Self::of_fields(&parts(text).iter().map(|part| field(part)).collect::<Vec<_>>())
    }

    /// Reads named fields; of two with one name, the last counts.
    pub(super) fn of_fields(fields: &[(String, String)]) -> Result<Self, String> {
        let field = |names: &[&str]| {
            fields.iter().rev().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.clone())
        };
        let target = field(&["target", "dst", "destination"]).filter(|target| !target.is_empty());
        let Some(target) = target else { return Err("a mount needs a target".to_owned()) };
        let kind = field(&["type"]).unwrap_or_else(|| "volume".to_owned());
        if !["volume", "bind", "tmpfs"].contains(&kind.as_str()) {
            return Err(format!("`{kind}` is no kind of mount: volume, bind or tmpfs"));
        }
        let source = field(&["source", "src"]).filter(|source| !source.is_empty());
        if kind == "bind" && source.is_none() {
            return Err("a bind mount needs a source".to_owned());
        }
        let read_only = field(&["readonly", "ro"]).is_some_and(|value| !["false", "0"].contains(&value.as_str()));
        Ok(Self { kind, source, target, read_only, options: MountOptions::of_fields(fields) })
    }

    /// Reads `[SOURCE:]PATH[:OPTIONS]` of `docker run --volume`: a source that is a path is a bind mount's.
    pub fn parse_volume(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let (source, target, options) = match second {
            None => (None, first, ""),
            Some(target) => (Some(first), target, third.unwrap_or_default()),
        };
        if parts.next().is_some() || !target.starts_with('/') || source == Some("") {
            return Err(format!("`{text}` is no [SOURCE:]/PATH[:OPTIONS]"));
        }
        let kind = if source.is_some_and(|source| source.starts_with(['/', '.', '~'])) { "bind" } else { "volume" };
        Ok(Self {
            kind: kind.to_owned(),
            source: source.map(str::to_owned),
            target: target.to_owned(),
            read_only: options.split(',').any(|option| option == "ro"),
            options: MountOptions::of_volume(options),
        })
    }
}

/// Returns the parts of a line of CSV: one that holds a comma stands in quotes.
fn parts(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut is_quoted) = (Vec::new(), String::new(), false);
    for character in text.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mount: Result<Mount, String>) -> String {
        mount.map_or_else(
            |problem| problem,
            |Mount { kind, source, target, read_only, .. }| {
                format!("{kind} {} {target}{}", source.unwrap_or_default(), if read_only { " ro" } else { "" })
            },
        )
    }

    #[test]
    fn a_mount_has_names_in_any_order() {
        for (text, expected) in [
            ("source=a,target=/x,type=volume", "volume a /x"),
            ("type=bind,src=/a,dst=/x,readonly", "bind /a /x ro"),
            ("type=bind, source=/a, destination=/x, ro=false", "bind /a /x"),
            ("target=/x", "volume  /x"),
            ("type=tmpfs,target=/x,tmpfs-size=1g", "tmpfs  /x"),
            ("target=/x,target=/y", "volume  /y"),
            ("type=bind,\"source=/a,b\",target=/x", "bind /a,b /x"),
            ("source=a", "a mount needs a target"),
            ("type=npipe,target=/x", "`npipe` is no kind of mount: volume, bind or tmpfs"),
            ("type=bind,target=/x", "a bind mount needs a source"),
        ] {
            assert_eq!(shown(Mount::parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_volume_flag_tells_a_path_from_a_name() {
        for (text, expected) in [
            ("/data", "volume  /data"),
            ("cache:/data:ro", "volume cache /data ro"),
            ("/home/me/.ssh:/root/.ssh:ro,z", "bind /home/me/.ssh /root/.ssh ro"),
            ("./x:/y", "bind ./x /y"),
            ("a:b", "`a:b` is no [SOURCE:]/PATH[:OPTIONS]"),
            (":/x", "`:/x` is no [SOURCE:]/PATH[:OPTIONS]"),
            ("a:/b:ro:x", "`a:/b:ro:x` is no [SOURCE:]/PATH[:OPTIONS]"),
        ] {
            assert_eq!(shown(Mount::parse_volume(text)), expected, "{text}");
        }
    }

    #[test]
    fn an_option_acts_or_is_named() {
        let of = |text: &str| Mount::parse(text).expect(text).options;
        let none = MountOptions::default;
        for (text, expected) in [
            ("target=/x,consistency=cached,external=true,readonly", none()),
            (
                "type=tmpfs,target=/x,tmpfs-size=1g,tmpfs-mode=1770",
                MountOptions { size: Some("1g".to_owned()), mode: Some("1770".to_owned()), ..none() },
            ),
            (
                "type=bind,source=/a,target=/x,bind-propagation=rslave,bind-nonrecursive",
                MountOptions { propagation: Some("rslave".to_owned()), is_shallow: true, ..none() },
            ),
            (
                "target=/x,volume-nocopy=true,volume-subpath=a/b",
                MountOptions { no_copy: true, subpath: Some("a/b".to_owned()), ..none() },
            ),
            (
                "target=/x,volume-opt=device=/etc,bind-propagation=odd,sized",
                MountOptions {
                    left_out: vec![
                        "volume-opt=device=/etc".to_owned(),
                        "bind-propagation=odd".to_owned(),
                        "sized=true".to_owned(),
                    ],
                    ..none()
                },
            ),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
        let volume = Mount::parse_volume("a:/b:z,nocopy,rslave,odd,ro").expect("a volume");
        let expected = MountOptions {
            propagation: Some("rslave".to_owned()),
            no_copy: true,
            left_out: vec!["odd".to_owned()],
            ..none()
        };
        assert_eq!((volume.read_only, volume.options), (true, expected));
    }
}
