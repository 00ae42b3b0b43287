//! What lies in an image that the engine has: read through a container that is never started, so that nothing of the image runs.

use std::collections::BTreeMap;

use crate::codespace::label;
use crate::devcontainer::ImageFacts;
use crate::engine::{ContainerId, ContainerSpec, Engine, EngineError, LabelFilter};

/// The most that is read of a file, in bytes.
const MOST: usize = 1 << 20;

/// How long a look may take, in seconds: one that is older was killed.
const LONGEST: i64 = 60;

/// Where an SSH server is, in the images that have one.
const SSH_SERVERS: [&str; 2] = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"];

/// Looks into an image; nothing where the engine does not have it. `home` is whose look it is: what an earlier one has left that was killed goes.
/// `now` is in seconds since 1970.
pub async fn image_facts(
    engine: &Engine,
    home: &str,
    image: &str,
    now: i64,
) -> Result<Option<ImageFacts>, EngineError> {
    if engine.image(image).await?.is_none() {
        return Ok(None);
    }
    let filter = LabelFilter::is(label::LOOK, home);
    for left in engine.containers(&[filter]).await?.iter().filter(|one| now - one.created > LONGEST) {
        engine.remove(&left.id).await?;
    }
    let spec = ContainerSpec {
        image: image.to_owned(),
        labels: BTreeMap::from([(label::LOOK.to_owned(), home.to_owned())]),
        // The engine wants one.
        command: vec!["-".to_owned()],
        ..ContainerSpec::default()
    };
    let container = engine.create(spec).await?;
    let facts = look(engine, &container).await;
    engine.remove(&container).await?;
    facts.map(Some)
}

async fn look(engine: &Engine, container: &ContainerId) -> Result<ImageFacts, EngineError> {
    let passwd = engine.read_file(container, "/etc/passwd", MOST).await?.unwrap_or_default();
    let passwd = String::from_utf8_lossy(&passwd);
    let users = passwd.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.to_owned()).collect();
    let mut has_ssh_server = false;
    for path in SSH_SERVERS {
        has_ssh_server |= engine.has(container, path).await?;
    }
    let has_yarn_list = engine.has(container, "/etc/apt/sources.list.d/yarn.list").await?;
    Ok(ImageFacts { users, has_ssh_server, has_yarn_list })
}
