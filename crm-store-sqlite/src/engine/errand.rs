use std::sync::Arc;

use super::group::Group;
use super::writer::Writer;

/// Work for the blocking pool. It is done by the drop, so that a runtime that shuts down first
/// does not take the connection with it.
pub(super) struct Errand {
    writer: Arc<Writer>,
    group: Option<Box<Group>>,
    job: Job,
}

pub(super) enum Job {
    Commit,
    Rollback,
}

impl Errand {
    pub(super) fn new(writer: &Arc<Writer>, group: Box<Group>, job: Job) -> Self {
        let writer = Arc::clone(writer);
        let group = Some(group);
        Self { writer, group, job }
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        let Some(mut group) = self.group.take() else {
            return;
        };
        match self.job {
            Job::Commit => self.writer.commit(group),
            Job::Rollback => {
                group.rollback_unit();
                self.writer.pass_on(group);
            }
        }
    }
}
