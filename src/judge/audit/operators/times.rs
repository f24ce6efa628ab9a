//! Times of a resource reversed, moved and run out.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::family::{Family, Operator, set};
use crate::checks::{Resource, at};
use crate::judge::audit::class::{FREE_TIME, MutantClass};
use crate::judge::audit::mutant::Mutant;
use crate::judge::audit::original::Original;

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "times",
    operators: &[
        Operator("time-reversed", "updatedAt or expiresAt before createdAt"),
        Operator("time-ahead", "createdAt or updatedAt after the answer's Date"),
        Operator("time-over", "expiresAt before the answer's Date"),
        Operator("time-moved", "createdAt, updatedAt or expiresAt an hour back, where other answers show them"),
    ],
    mutate,
};

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    let Some(resource) = &original.resource else { return };
    let times = &resource.lifecycle.times;
    let [created, updated, expires] =
        [&times.created, &times.updated, &times.expires].map(|at| read(resource, at.as_deref()));
    let date = original.case.response.headers.get("date").and_then(|date| httpdate::parse_http_date(&date).ok());
    let date = date.map(DateTime::<Utc>::from);
    let mut add = |operator, pointer: &str, time: DateTime<Utc>, class| {
        let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
        emit(Mutant { onwards: true, ..set(operator, pointer, time, class) });
    };
    for (pointer, _) in updated.into_iter().chain(expires) {
        if let Some((_, created)) = created {
            add("time-reversed", pointer, created - TimeDelta::seconds(1), MutantClass::Breach);
        }
    }
    for (pointer, _) in created.into_iter().chain(updated) {
        if let Some(date) = date {
            add("time-ahead", pointer, date + TimeDelta::days(1), MutantClass::Breach);
        }
    }
    // Between the beginning and now, where there is room beyond what clocks may differ.
    if let (Some((pointer, _)), Some((_, created)), Some(date)) = (expires, created, date) {
        let over = created + TimeDelta::seconds(1);
        if over < date - TimeDelta::minutes(2) {
            add("time-over", pointer, over, MutantClass::Breach);
        }
    }
    for (pointer, time) in [created, updated, expires].into_iter().flatten() {
        let earlier = time - TimeDelta::hours(1);
        add("time-moved", pointer, earlier, moved(original, pointer, earlier, created.map(|(_, created)| created)));
    }
}

/// An earlier time is a breach where an earlier answer showed a later one, where it is before the beginning, and where it is
/// the beginning and any other answer shows that.
fn moved(original: &Original<'_>, pointer: &str, time: DateTime<Utc>, created: Option<DateTime<Utc>>) -> MutantClass {
    let Some(resource) = &original.resource else { return MutantClass::Equivalent(FREE_TIME) };
    let is_beginning = resource.lifecycle.times.created.as_deref() == Some(pointer);
    let shown = |other: Resource<'_>| read(&other, Some(pointer)).is_some();
    let breach = if is_beginning {
        original.siblings().any(shown)
    } else {
        created.is_some_and(|created| time < created) || original.earlier().any(shown)
    };
    MutantClass::breach_if(breach, FREE_TIME)
}

fn read<'p>(resource: &Resource<'_>, pointer: Option<&'p str>) -> Option<(&'p str, DateTime<Utc>)> {
    Some((pointer?, at(resource.body, pointer?)?.as_str()?.parse().ok()?))
}
