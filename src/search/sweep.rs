//! The loop around a strategy: what it asks for and the store lacks is trained and kept, until it asks for nothing more.

use std::time::Instant;

use super::{Recorder, Strategy, Survey, Told};
use crate::engine::{DeviceError, Room, Stop};
use crate::exec::{self, Ended, Event, Options, Train};
use crate::store::StoreError;

/// A sweep to be made.
pub struct Sweep<'a> {
    /// What asks for runs.
    pub strategy: &'a mut dyn Strategy,
    /// What keeps their outcomes.
    pub recorder: &'a mut Recorder,
    /// Limits of the whole sweep, and how it is carried out.
    pub options: Options<'a>,
    /// Refuses runs that cannot be trained, before any of a rung is.
    pub room: Room<'a>,
}

impl Sweep<'_> {
    /// Trains rung after rung. `on` hears of everything that happens, always after the recorder. A rung in which a run
    /// failed is the last: what comes after it could not be the same another time.
    ///
    /// # Errors
    /// If the store cannot be read or written, a run is refused, and those of `on`.
    pub fn run<E: From<StoreError> + From<DeviceError>>(
        self,
        train: &Train,
        stop: &Stop,
        mut on: impl FnMut(&Event) -> Result<(), E>,
    ) -> Result<Ended, E> {
        let Self { strategy, recorder, options, mut room } = self;
        let began = Instant::now();
        let mut left = options.clone();
        loop {
            let survey = survey::<E>(strategy, recorder, &mut room)?;
            let asking = &*strategy;
            let runs = survey.lacking.iter().map(|rank| asking.run(rank));
            let mut trained = 0;
            let ended = exec::execute(runs, survey.census, &left, train, stop, |event| {
                trained += u64::from(matches!(event, Event::Finished { .. }));
                recorder.on(event)?;
                on(event)
            })?;
            let complete = ended == Ended::Complete && trained == survey.lacking.len();
            if !complete || !strategy.next(&Told(recorder.store()))? {
                return Ok(ended);
            }
            left.max_runs = left.max_runs.map(|most| most - trained);
            left.time_limit = options.time_limit.map(|limit| limit.saturating_sub(began.elapsed()));
        }
    }
}

/// How the runs asked for stand, if none of those to be trained is refused.
fn survey<E: From<StoreError> + From<DeviceError>>(
    strategy: &dyn Strategy,
    recorder: &Recorder,
    room: &mut Room,
) -> Result<Survey, E> {
    if !room.is_limited()
        && let Some(survey) = Survey::of_nothing_stored(strategy, recorder.store())?
    {
        return Ok(survey);
    }
    Survey::take(strategy, recorder.store(), recorder.retrain(), |_, run, status| match status {
        Some(_) => Ok(()),
        None => Ok(room.check(&run.config)?),
    })
}
