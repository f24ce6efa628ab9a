//! Times of a resource reversed, moved and run out.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;

use super::{Family, Kind};
use crate::checks::{Resource, at};
use crate::judge::audit::act::{Change, Edit, Mutant};
use crate::judge::audit::scene::View;
use crate::judge::audit::worth::{FREE_TIME, Worth};

/// The family.
pub const FAMILY: Family = Family {
    id: "times",
    kinds: &[
        Kind("time-reversed", "updatedAt or expiresAt before createdAt"),
        Kind("time-ahead", "createdAt or updatedAt after the answer's Date"),
        Kind("time-over", "expiresAt before the answer's Date"),
        Kind("time-moved", "createdAt, updatedAt or expiresAt an hour back, where other answers show them"),
    ],
    breed,
};

fn breed(view: &View<'_>, tell: &mut dyn FnMut(Mutant)) {
    let Some(resource) = &view.resource else { return };
    let times = &resource.lifecycle.times;
    let [created, updated, expires] =
        [&times.created, &times.updated, &times.expires].map(|at| read(resource, at.as_deref()));
    let date = view.case.response().headers.get("date").and_then(|date| httpdate::parse_http_date(&date).ok());
    let date = date.map(DateTime::<Utc>::from);
    let mut say = |kind, pointer: &str, time: DateTime<Utc>, worth| {
        let edit = Edit::Set(pointer.to_owned(), json!(time.to_rfc3339_opts(SecondsFormat::Millis, true)));
        tell(Mutant { kind, place: pointer.to_owned(), change: Change::Body(vec![edit]), worth, onwards: true });
    };
    for (pointer, _) in updated.into_iter().chain(expires) {
        if let Some((_, created)) = created {
            say("time-reversed", pointer, created - TimeDelta::seconds(1), Worth::Breach);
        }
    }
    for (pointer, _) in created.into_iter().chain(updated) {
        if let Some(date) = date {
            say("time-ahead", pointer, date + TimeDelta::days(1), Worth::Breach);
        }
    }
    // Between the beginning and now, where there is room beyond what clocks may differ.
    if let (Some((pointer, _)), Some((_, created)), Some(date)) = (expires, created, date) {
        let over = created + TimeDelta::seconds(1);
        if over < date - TimeDelta::minutes(2) {
            say("time-over", pointer, over, Worth::Breach);
        }
    }
    for (pointer, time) in [created, updated, expires].into_iter().flatten() {
        let earlier = time - TimeDelta::hours(1);
        say("time-moved", pointer, earlier, moved(view, pointer, earlier, created.map(|(_, created)| created)));
    }
}

/// An earlier time is a breach where an earlier answer showed a later one, where it is before the beginning, and where it is
/// the beginning and any other answer shows that.
fn moved(view: &View<'_>, pointer: &str, time: DateTime<Utc>, created: Option<DateTime<Utc>>) -> Worth {
    let Some(resource) = &view.resource else { return Worth::Equivalent(FREE_TIME) };
    let is_beginning = resource.lifecycle.times.created.as_deref() == Some(pointer);
    let shown = |other: Resource<'_>| read(&other, Some(pointer)).is_some();
    let breach = if is_beginning {
        view.siblings().any(shown)
    } else {
        created.is_some_and(|created| time < created) || view.earlier().any(shown)
    };
    Worth::breach_if(breach, FREE_TIME)
}

fn read<'p>(resource: &Resource<'_>, pointer: Option<&'p str>) -> Option<(&'p str, DateTime<Utc>)> {
    Some((pointer?, at(resource.body, pointer?)?.as_str()?.parse().ok()?))
}
