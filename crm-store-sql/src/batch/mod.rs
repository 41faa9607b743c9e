//! Several questions with one statement.

mod statement;

use std::collections::BTreeMap;

use crm_core::{
    Error, Result,
    kernel::{Entity, FieldSpec, Invalid, Kind, Query, Stored},
    store::{Answers, AnyQuery, Batch, Named, Question},
};

use crate::{
    Catalog, Dialect, Param, Rows, Table, Union, changes,
    read::{self, listing, table},
    rows, terms,
    unit::Marks,
};

use statement::Statement;

/// Answers all questions of a batch with one statement.
pub(crate) async fn ask(
    union: &mut dyn Union,
    dialect: &'static dyn Dialect,
    catalog: &Catalog,
    tenant: &Param<'static>,
    batch: &Batch,
    marks: Option<&Marks<'_>>,
) -> Result<Answers> {
    let mut answers = Answers::default();
    if batch.questions().is_empty() {
        return Ok(answers);
    }
    let params = vec![tenant.clone()];
    let mut plan = Plan { union, dialect, catalog, params, statement: Statement::default() };
    let mut readers = Vec::with_capacity(batch.questions().len());
    for question in batch.questions() {
        readers.push(plan.add(question)?);
    }
    let Plan { params: mut all, statement, union, .. } = plan;
    all.push(Param::integer(batch.limit().into()));
    let sql = statement.sql(&format!("{}{}", dialect.mark(), all.len()), union);
    let rows = union.query(sql, all, &statement.columns()).await?;
    for (reader, rows) in readers.into_iter().zip(rows) {
        reader(rows, marks, &mut answers)?;
    }
    Ok(answers)
}

/// Reads the rows of one question.
type Reader<'q> = Box<dyn FnOnce(Rows, Option<&Marks<'_>>, &mut Answers) -> Result<()> + Send + 'q>;

struct Plan<'q> {
    union: &'q mut dyn Union,
    dialect: &'static dyn Dialect,
    catalog: &'q Catalog,
    params: Vec<Param<'static>>,
    statement: Statement<'q>,
}

impl<'q> Plan<'q> {
    fn add(&mut self, question: &'q Question) -> Result<Reader<'q>> {
        match question {
            Question::Find(query) => self.of_kind(query, &Part::Page),
            Question::Newest(query) => self.of_kind(query, &Part::Newest),
            Question::Named(named) => self.of_kind(&named.all, &Part::Named(named)),
            Question::History { entity, id, after_version, limit } => {
                let record = (*entity, *id);
                let params = &mut self.params;
                let rest = changes::of_record(
                    self.catalog,
                    self.dialect,
                    params,
                    record,
                    *after_version,
                    *limit,
                )?;
                self.statement.add(changes::COLUMNS.to_vec(), rest, None);
                let catalog = self.catalog;
                Ok(Box::new(move |rows, _, answers| {
                    answers.push(changes::read(catalog, rows)?);
                    Ok(())
                }))
            }
            Question::Holders { term, most } => {
                self.params.push(Param::text(term.as_str()).into_owned());
                let term = self.params.len();
                let rest = terms::of_term(self.catalog, self.dialect, term, *most);
                self.statement.add(terms::COLUMNS.to_vec(), rest, None);
                Ok(Box::new(|rows, _, answers| {
                    let mut holders = Vec::new();
                    terms::read(rows, &mut holders);
                    answers.push(holders);
                    Ok(())
                }))
            }
            _ => Err(unknown("it asks what this store does not know")),
        }
    }

    fn part<E: Entity>(&mut self, query: &'q Query<E>, part: &Part<'_>) -> Result<Reader<'q>> {
        let table = table::<E>(self.catalog)?;
        let names = table.columns.iter().map(|column| column.name.as_str());
        let columns = std::iter::once("version").chain(names).zip(table.types.iter().copied());
        let columns = columns.collect();
        let (rest, moment, reader): (_, _, Reader<'q>) = match part {
            Part::Page => {
                let rest = self.list(table, query, query.limit.saturating_add(1))?;
                let reader = move |rows, marks: Option<&Marks<'_>>, answers: &mut Answers| {
                    answers.push(read::page(query, records(table, rows, marks)?));
                    Ok(())
                };
                (rest, None, Box::new(reader))
            }
            Part::Newest => {
                let rest = self.list(table, query, query.limit)?;
                let time = query.order.first().map(|by| by.field);
                let moment = time.map(|time| self.moment(time));
                let reader = move |rows, marks: Option<&Marks<'_>>, answers: &mut Answers| {
                    answers.push(records::<E>(table, rows, marks)?);
                    Ok(())
                };
                (rest, moment, Box::new(reader))
            }
            Part::Named(Named { of, field, .. }) => {
                let among = self.statement.among_newest(*of, field);
                let among =
                    among.ok_or_else(|| unknown("what names records is asked for before"))?;
                let mark = self.dialect.mark();
                let among = self.union.is_among("id", &among);
                let rest = format!(" FROM {} WHERE tenant_id = {mark}1 AND {among}", table.name);
                let reader = move |rows, marks: Option<&Marks<'_>>, answers: &mut Answers| {
                    let named = records::<E>(table, rows, marks)?;
                    let named = named.into_iter().map(|stored| (stored.id(), stored));
                    answers.push(named.collect::<BTreeMap<_, _>>());
                    Ok(())
                };
                (rest, None, Box::new(reader))
            }
        };
        self.statement.add(columns, rest, moment);
        Ok(reader)
    }

    fn list<E: Entity>(&mut self, table: &Table, query: &Query<E>, limit: u32) -> Result<String> {
        let params = std::mem::take(&mut self.params);
        let (list, params) = listing(table, self.dialect, params, query, limit)?;
        self.params = params;
        Ok(format!(" FROM {}{list}", table.name))
    }

    fn moment<E>(&self, time: &FieldSpec<E>) -> String {
        if time.kind == Kind::Date {
            self.union.start_of_day(time.name)
        } else {
            time.name.to_owned()
        }
    }
}

/// What is asked about records of a kind.
enum Part<'q> {
    Page,
    Newest,
    Named(&'q Named),
}

macro_rules! of_kind {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        impl<'q> Plan<'q> {
            fn of_kind(&mut self, query: &'q AnyQuery, part: &Part<'_>) -> Result<Reader<'q>> {
                $(if let Some(query) = query.of::<$entity>() {
                    return self.part(query, part);
                })+
                $(if let Some(query) = query.of::<$added>() {
                    return self.part(query, part);
                })+
                $(if let Some(query) = query.of::<$kept>() {
                    return self.part(query, part);
                })+
                Err(unknown("this store does not keep this kind of entity"))
            }
        }
    };
}
crm_core::for_each_entity!(of_kind);

fn records<E: Entity>(
    table: &Table,
    rows: Rows,
    marks: Option<&Marks<'_>>,
) -> Result<Vec<Stored<E>>> {
    let records = rows::records(table, rows)?;
    Ok(match marks {
        Some(marks) => records.into_iter().map(|stored| marks.on(stored)).collect(),
        None => records,
    })
}

fn unknown(reason: &str) -> Error {
    Invalid::new("batch", "question", reason).into()
}
