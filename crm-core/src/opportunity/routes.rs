//! Which stages come after which.

use std::cmp::Ordering;

use crate::kernel::{Entity, Invalid};

use super::{Allowance, Gate, Need, Stage, StageKind, pipeline::Pipeline, stage_move::Course};

impl Pipeline {
    /// The stage with this key.
    ///
    /// # Errors
    /// [`Invalid`] names the stages there are.
    pub fn stage(&self, key: &str) -> Result<&Stage, Invalid> {
        self.stages.get(key).ok_or_else(|| {
            let known: Vec<_> = self.stages.0.iter().map(|s| s.key.as_str()).collect();
            let reason = format!(
                "the {} {:?} has no stage {key:?}; it has: {}",
                Self::KIND,
                self.name,
                known.join(", ")
            );
            Invalid::new("opportunity", "stage", reason)
        })
    }

    /// The names of its gates that ask for an approval.
    pub fn approval_gates(&self) -> Vec<&str> {
        let gates = self.stages.0.iter().flat_map(|stage| &stage.gates);
        let asks = |gate: &&Gate| matches!(gate.need, Need::Approval(_));
        gates.filter(asks).map(|gate| gate.name.as_str()).collect()
    }

    /// The keys of the stages that an opportunity may go to from this one, with or without a reason.
    pub fn next_stages(&self, from: &str) -> Vec<&str> {
        let others = self.stages.0.iter().filter(|stage| stage.key != from);
        let allowed = |stage: &&Stage| self.allowance(from, stage).0 != Allowance::Refused;
        others.filter(allowed).map(|stage| stage.key.as_str()).collect()
    }

    /// Whether an open opportunity may go from a stage to another, and what that would be.
    pub(super) fn allowance(&self, from: &str, to: &Stage) -> (Allowance, &'static str) {
        if to.kind == StageKind::Lost {
            return (Allowance::Allowed, "a loss");
        }
        if let Some(stage) = self.stages.get(from)
            && !stage.to.is_empty()
        {
            let listed = stage.to.contains(&to.key);
            return (if listed { Allowance::Allowed } else { Allowance::Refused }, "this step");
        }
        let (Some(at), Some(there)) = (self.rank(from), self.rank(&to.key)) else {
            // From a stage that is not an open one any more, every step is allowed.
            return (Allowance::Allowed, "this step");
        };
        if there < at {
            (self.rules.back, "going back")
        } else if there > at + 1 {
            (self.rules.skip, "skipping stages")
        } else {
            (Allowance::Allowed, "the next stage")
        }
    }

    /// Where a step leads, by the order that the stages have now.
    pub(super) fn course(&self, from: &str, to: &Stage) -> Option<Course> {
        let stage = self.stages.get(from)?;
        if stage.kind != StageKind::Open {
            return (to.kind == StageKind::Open).then_some(Course::Back);
        }
        let (at, there) = (self.rank(from)?, self.rank(&to.key)?);
        match there.cmp(&at) {
            Ordering::Less => Some(Course::Back),
            Ordering::Equal => None,
            Ordering::Greater if there == at + 1 => Some(Course::Next),
            Ordering::Greater => Some(Course::Ahead),
        }
    }

    /// The gates that a step asks about: those of the stage it leads to, and of every open stage that
    /// it passes by on the way. Who goes back passes none. `from` is none of what comes from
    /// another pipeline.
    pub fn gates_on_the_way(&self, from: Option<&str>, to: &Stage) -> Vec<&Gate> {
        let own = self.stages.get(&to.key).into_iter().flat_map(|to| &to.gates);
        if to.kind == StageKind::Lost {
            return own.collect();
        }
        let begin = from.and_then(|from| self.rank(from)).map_or(0, |rank| rank + 1);
        let Some(end) = self.rank(&to.key) else { return Vec::new() };
        let open = self.stages.0.iter().filter(|stage| stage.kind == StageKind::Open);
        let passed = open.take(end + 1).skip(begin).flat_map(|stage| &stage.gates);
        match to.kind {
            StageKind::Won => passed.chain(own).collect(),
            _ => passed.collect(),
        }
    }

    /// Which of the open stages it is; those that are won come after the last.
    fn rank(&self, key: &str) -> Option<usize> {
        let mut open = self.stages.0.iter().filter(|stage| stage.kind == StageKind::Open);
        match self.stages.get(key)?.kind {
            StageKind::Open => open.position(|stage| stage.key == key),
            StageKind::Won => Some(open.count()),
            StageKind::Lost => None,
        }
    }

    /// Every stage but those that are lost can be reached from the first open one.
    pub(super) fn reachable(&self) -> Result<(), Invalid> {
        let Some(first) = self.stages.first(StageKind::Open) else { return Ok(()) };
        let mut reached = vec![first.key.as_str()];
        let mut at = 0;
        while let Some(from) = reached.get(at).copied() {
            let open = self.stages.get(from).is_some_and(|stage| stage.kind == StageKind::Open);
            for to in self.next_stages(from).into_iter().filter(|_| open) {
                if !reached.contains(&to) {
                    reached.push(to);
                }
            }
            at += 1;
        }
        match self.stages.0.iter().find(|stage| !reached.contains(&stage.key.as_str())) {
            None => Ok(()),
            Some(stage) => {
                let reason = format!(
                    "no way leads from {:?} to the stage {:?}: allow one, or take the stage out",
                    first.key, stage.key
                );
                Err(Invalid::field::<Self>("stages", reason))
            }
        }
    }
}
