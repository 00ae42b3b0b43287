//! A clone of a repository on this machine, whatever kind it is of.

use std::path::Path;

use super::clone::{self, Made};
use super::copy::Names;
use super::folder::Folder;
use super::head::Head;
use super::name::name_of;
use super::{
    Checkout, Content, Kind, RepositoryError, Source, Wanted, left_out, modes, owner, reference, subfolder,
    working_tree,
};

/// Clones a repository into a folder of its own in `under`, which is made where it is not there.
pub async fn check_out(source: &Source, wanted: &Wanted, under: &Path) -> Result<Checkout, RepositoryError> {
    if let Some(asked) = &wanted.reference {
        reference::check(asked)?;
        if wanted.content == Content::WorkingTree {
            return Err(RepositoryError::TwoWishes);
        }
    }
    let mut folder = Folder::make(under)?;
    let mut made = Box::pin(make(source, wanted, &folder)).await?;
    let head = if matches!(source.kind, Kind::Plain(_)) { Head::default() } else { Head::of(folder.path()).await };
    if head.commit.is_none() && wanted.content == Content::Committed {
        return Err(RepositoryError::NoCommit { path: source.location.clone() });
    }
    if !matches!(source.kind, Kind::Plain(_)) {
        make_usual(&folder.path().join(".git"))?;
    }
    if wanted.content == Content::Committed {
        modes::open(folder.path()).await?;
    }
    if let Kind::Remote { login: Some(_) } = &source.kind {
        made.notes.push("the login in the URL was used for the clone, and is kept nowhere".to_owned());
    }
    made.notes.extend(left_out::notes(folder.path(), wanted.content).await?);
    let name = wanted.name.clone();
    let name = name.unwrap_or_else(|| name_of(made.remote.as_deref(), &source.location, &wanted.owner));
    folder.rename(name.name())?;
    let reference = head.branch.or_else(|| wanted.reference.clone());
    Ok(Checkout { folder, name, reference, commit: head.commit, notes: made.notes })
}

/// Makes the folders that git's templates have in every repository, for what writes a file there: empty, as templates of this machine's take no part.
fn make_usual(git_dir: &Path) -> Result<(), RepositoryError> {
    for path in ["hooks", "info"].map(|name| git_dir.join(name)) {
        std::fs::create_dir_all(&path).map_err(|source| RepositoryError::Disk {
            operation: "make",
            path: path.display().to_string(),
            source,
        })?;
    }
    Ok(())
}

async fn make(source: &Source, wanted: &Wanted, folder: &Folder) -> Result<Made, RepositoryError> {
    match (&source.kind, wanted.content) {
        (Kind::Plain(_), Content::Committed) => Err(RepositoryError::NotGit { path: source.location.clone() }),
        (Kind::Plain(from), Content::WorkingTree) => {
            std::fs::create_dir(folder.path()).map_err(|source| RepositoryError::Disk {
                operation: "make",
                path: folder.path().display().to_string(),
                source,
            })?;
            let note = working_tree::take_all(from, folder.path(), Names::All).await?;
            Ok(Made { remote: None, notes: note.into_iter().collect() })
        }
        (Kind::Remote { login }, Content::Committed) => {
            clone::remote(source, login.as_ref(), wanted.reference.as_deref(), folder).await
        }
        (Kind::Local(repository), Content::WorkingTree) if repository.top.is_none() => no_working_tree(source),
        (Kind::Remote { .. }, Content::WorkingTree) => no_working_tree(source),
        (Kind::Local(repository), Content::Committed | Content::WorkingTree) => {
            owner::check(repository, repository.top.as_ref().unwrap_or(&repository.git_dir)).await?;
            clone::local(repository, &source.location, wanted, folder).await
        }
        (Kind::Inside { around, prefix }, content) => {
            let top = around.top.as_ref().unwrap_or(&around.git_dir);
            let from = top.join(prefix);
            owner::check(around, &from).await?;
            let note = format!(
                "{} is a folder of {}: it is rehearsed as a repository of its own",
                prefix.display(),
                top.display()
            );
            let mut notes = vec![note];
            match content {
                Content::Committed => subfolder::committed(around, prefix, wanted, folder.path()).await?,
                Content::WorkingTree => notes.extend(subfolder::uncommitted(around, &from, folder.path()).await?),
            }
            Ok(Made { remote: None, notes })
        }
    }
}

fn no_working_tree(source: &Source) -> Result<Made, RepositoryError> {
    Err(RepositoryError::NoWorkingTree { location: source.location.clone() })
}
