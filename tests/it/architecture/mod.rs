//! The walls of the house: which room may name which, and that no two files name each other.

mod graph;
mod rooms;

use std::collections::BTreeSet;
use std::path::Path;

use self::graph::{Arrow, Graph};
use self::rooms::{ROOMS, Room};
use crate::support::{names, root};

/// What stands before and behind the table in `ARCHITECTURE.md`.
const MARKS: (&str, &str) = (
    "<!-- Written by `UPDATE_DOCS=1 cargo test --test it architecture` from the list in `tests/it/architecture/rooms.rs`. -->\n",
    "<!-- End of the table. -->",
);

fn arrows() -> Vec<Arrow> {
    Graph::read(&Path::new(root()).join("src")).arrows()
}

/// The room that a file belongs to; `lib.rs` and `main.rs` belong to none.
fn room(file: &str) -> Option<&str> {
    file.strip_prefix("src/")?.split_once('/').map(|(room, _)| room)
}

fn describe(arrow: &Arrow) -> String {
    format!("{}:{}: names {} ({})", arrow.from, arrow.line, arrow.to, arrow.name)
}

/// The arrows between rooms that a list of rooms does not permit.
fn forbidden<'a>(arrows: &'a [Arrow], rooms: &[Room]) -> Vec<&'a Arrow> {
    let permitted = |from: &str, to: &str| rooms.iter().any(|room| room.name == from && room.may_name.contains(&to));
    let is_wrong = |arrow: &&Arrow| match (room(&arrow.from), room(&arrow.to)) {
        (Some(from), Some(to)) => from != to && !permitted(from, to),
        _ => false,
    };
    arrows.iter().filter(is_wrong).collect()
}

/// The pairs of files that name each other, the first by name first.
fn mutual(arrows: &[Arrow]) -> BTreeSet<(&str, &str)> {
    let all: BTreeSet<(&str, &str)> = arrows.iter().map(|arrow| (arrow.from.as_str(), arrow.to.as_str())).collect();
    all.iter().copied().filter(|(from, to)| from < to && all.contains(&(to, from))).collect()
}

#[test]
fn no_room_names_another_that_it_must_not() {
    let arrows = arrows();
    assert!(arrows.len() > 1000, "the sources are not read as they should be: {} arrows", arrows.len());
    let wrong: Vec<String> = forbidden(&arrows, ROOMS).into_iter().map(describe).collect();
    assert!(wrong.is_empty(), "arrows that ARCHITECTURE.md forbids:\n{}", wrong.join("\n"));
}

#[test]
fn no_two_files_name_each_other() {
    let arrows = arrows();
    let pairs = mutual(&arrows);
    let of_a_pair = |arrow: &&Arrow| {
        pairs.contains(&(arrow.from.as_str(), arrow.to.as_str()))
            || pairs.contains(&(arrow.to.as_str(), arrow.from.as_str()))
    };
    let listed: Vec<String> = arrows.iter().filter(of_a_pair).map(describe).collect();
    assert!(pairs.is_empty(), "{} pairs of files name each other:\n{}", pairs.len(), listed.join("\n"));
}

#[test]
fn rooms_stand_on_floors_below_them_and_every_folder_is_a_room() {
    for (at, room) in ROOMS.iter().enumerate() {
        for named in room.may_name {
            assert!(ROOMS[..at].iter().any(|below| below.name == *named), "{} may not name {named}", room.name);
        }
    }
    let src = Path::new(root()).join("src");
    let found: Vec<String> = names(&src).into_iter().filter(|name| src.join(name).is_dir()).collect();
    let mut listed: Vec<&str> = ROOMS.iter().map(|room| room.name).collect();
    listed.sort_unstable();
    assert_eq!(found, listed);
}

#[test]
fn the_table_of_the_architecture_is_the_list() {
    let row = |room: &Room| {
        let names: Vec<String> = room.may_name.iter().map(|name| format!("`{name}`")).collect();
        let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        format!("| `src/{}` | {} | {names} |\n", room.name, room.purpose)
    };
    let table = format!(
        "\n| where | what it does | may name |\n| --- | --- | --- |\n{}\n",
        ROOMS.iter().map(row).collect::<String>()
    );
    let path = Path::new(root()).join("ARCHITECTURE.md");
    let page = std::fs::read_to_string(&path).expect("the page can be read");
    let (before, rest) = page.split_once(MARKS.0).expect("the page marks where the table begins");
    let (known, after) = rest.split_once(MARKS.1).expect("the page marks where the table ends");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let page = [before, MARKS.0, &table, MARKS.1, after].concat();
        return std::fs::write(path, page).expect("the page can be written");
    }
    assert_eq!(known, table, "write it with UPDATE_DOCS=1 cargo test --test it architecture");
}

#[test]
fn an_arrow_is_seen_in_every_way_of_writing_it() {
    let ways = [
        "use crate::engine::Run;",
        "fn f() -> crate::engine::Run { todo!() }",
        "use crate::{record::Finding, engine::{Run, plan}};",
        "use super::super::engine::Run;",
        "use crate::engine; fn f(_: engine::Run) {}",
        "use crate::facade::Run;",
        "pub use crate::engine::plan as _; use crate::engine::run::Run as R;",
    ];
    for way in ways {
        let found = graph(way).arrows();
        let named = found.iter().filter(|arrow| arrow.from == "src/checks/media_type.rs").collect::<Vec<_>>();
        assert!(named.iter().any(|arrow| arrow.to.starts_with("src/engine")), "{way}: {found:?}");
    }
    for fine in [
        "use crate::record::Finding; // not crate::engine",
        "/// See [`crate::engine::Run`].\npub struct A;",
        "#[cfg(test)] mod tests { use crate::engine::Run; }",
        "pub(in crate::engine) struct B;",
    ] {
        let found = graph(fine).arrows();
        assert!(found.iter().all(|arrow| !arrow.to.starts_with("src/engine")), "{fine}: {found:?}");
    }
}

#[test]
fn a_forbidden_arrow_and_two_files_that_name_each_other_are_found() {
    let rooms = &[Room { name: "checks", purpose: "", may_name: &["record"] }];
    let arrows = graph("use crate::engine::Run;\nuse crate::record::Finding;").arrows();
    assert_eq!(forbidden(&arrows, rooms).len(), 1);
    let arrows = graph("use crate::record::Finding;\npub struct Judge;").arrows();
    assert_eq!(mutual(&arrows).into_iter().collect::<Vec<_>>(), [("src/checks/media_type.rs", "src/record/mod.rs")]);
}

/// A small crate in which one file says this.
fn graph(text: &str) -> Graph {
    Graph::of(&[
        ("lib.rs", "pub mod checks; pub mod engine; pub mod facade; pub mod record;"),
        ("checks/mod.rs", "mod media_type;"),
        ("checks/media_type.rs", text),
        ("engine/mod.rs", "mod run; pub use run::{Run, plan};"),
        ("engine/run.rs", "pub struct Run; pub fn plan() {}"),
        ("facade.rs", "pub use crate::engine::*;"),
        ("record/mod.rs", "pub struct Finding; fn back(_: crate::checks::media_type::Judge) {}"),
    ])
}
