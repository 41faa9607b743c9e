use std::cmp::Ordering;

use serde_json::{Value as Json, json};

use super::{Criteria, Cursor, Entity, Field, FieldSpec, FieldType, Invalid, Stored, Value};

/// The most records of one page.
pub const MAX_LIMIT: u32 = 10_000;

/// Whether so many may be asked for at once: 1 to [`MAX_LIMIT`].
///
/// # Errors
/// [`Invalid`] names what was asked for.
pub fn check_limit(asked: &'static str, limit: u32) -> Result<(), Invalid> {
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(());
    }
    let reason = format!("{limit} is not between 1 and {MAX_LIMIT}");
    Err(Invalid::new(asked, "limit", reason))
}

/// The most fields to order or to group by.
pub(super) const MAX_ORDER: usize = 16;

/// Which records, in what order, how many, and from where on.
///
/// Pages are found by the last record seen, not by counting: a page stays right while others
/// insert, and the hundredth costs what the first does.
///
/// ```
/// use crm_core::{customer, kernel::Query};
/// let page = customer::INDUSTRY.eq("retail").query().order_by(&customer::NAME).limit(20);
/// ```
pub struct Query<E: 'static> {
    /// Which.
    pub criteria: Criteria<E>,
    /// By which fields; the id decides what is left open.
    pub order: Vec<OrderBy<E>>,
    /// How many at the most.
    pub limit: u32,
    /// After which record: the [`Page::next`] of the page before.
    pub after: Option<Cursor>,
}

/// A field to order by. Empty fields come first, last when descending.
pub struct OrderBy<E: 'static> {
    /// The field.
    pub field: &'static FieldSpec<E>,
    /// From high to low.
    pub descending: bool,
}

/// Some records, and where the next ones begin.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<E> {
    /// The records, in order.
    pub items: Vec<Stored<E>>,
    /// Where to go on; `None` when these were the last.
    pub next: Option<Cursor>,
}

impl<E: Entity> Query<E> {
    /// All records, 50 to a page, in the order of their ids.
    pub const fn all() -> Self {
        Self::of(Criteria::everything())
    }

    /// Records that match, 50 to a page, in the order of their ids.
    pub const fn of(criteria: Criteria<E>) -> Self {
        Self { criteria, order: Vec::new(), limit: 50, after: None }
    }

    /// Then by this field, from low to high.
    #[must_use]
    pub fn order_by<T: FieldType>(mut self, field: &'static Field<E, T>) -> Self {
        self.order.push(OrderBy { field: field.spec(), descending: false });
        self
    }

    /// Then by this field, from high to low.
    #[must_use]
    pub fn descending<T: FieldType>(mut self, field: &'static Field<E, T>) -> Self {
        self.order.push(OrderBy { field: field.spec(), descending: true });
        self
    }

    /// At most so many: 1 to [`MAX_LIMIT`].
    #[must_use]
    pub const fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// From this cursor on.
    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }

    /// For stores: the whole order, ending with the id.
    pub fn full_order(&self) -> Vec<OrderBy<E>> {
        let mut order: Vec<_> = self
            .order
            .iter()
            .map(|o| OrderBy { field: o.field, descending: o.descending })
            .collect();
        if let Some(id) = E::FIELDS.first()
            && !order.iter().any(|o| o.field.name == id.name)
        {
            let descending = order.last().is_some_and(|o| o.descending);
            order.push(OrderBy { field: id, descending });
        }
        order
    }

    /// For stores: checks the query, and says after which values of [`Query::full_order`] it
    /// begins.
    ///
    /// # Errors
    /// [`Invalid`]: a limit out of range, a field that has no order, criteria that do not fit, a
    /// cursor of another list.
    pub fn check(&self) -> Result<Option<Vec<Value<'static>>>, Invalid> {
        check_limit("query", self.limit)?;
        if self.order.len() > MAX_ORDER {
            let reason = format!("a list is ordered by at most {MAX_ORDER} fields");
            return Err(Invalid::new("query", "order", reason));
        }
        for by in &self.order {
            if by.field.kind.is_structured() {
                return Err(Invalid::field::<E>(by.field.name, "it has no order"));
            }
        }
        self.criteria.check()?;
        self.after.as_ref().map(|cursor| self.read(cursor)).transpose()
    }

    /// For stores: the cursor that goes on after `last`.
    pub fn cursor_after(&self, last: &E) -> Cursor {
        let order = self.full_order();
        let values: Vec<_> = order.iter().map(|o| (o.field.get)(last).to_json()).collect();
        Cursor::encode(&json!([Self::signature(&order), values]))
    }

    /// For stores: how two records stand in this query's order.
    pub fn compare(&self, a: &E, b: &E) -> Ordering {
        self.full_order().iter().fold(Ordering::Equal, |so_far, by| {
            so_far.then_with(|| {
                let order = (by.field.get)(a).sort_order(&(by.field.get)(b));
                if by.descending { order.reverse() } else { order }
            })
        })
    }

    fn read(&self, cursor: &Cursor) -> Result<Vec<Value<'static>>, Invalid> {
        let wrong = || Invalid::new("query", "after", "this cursor does not belong to this list");
        let order = self.full_order();
        let Some(Json::Array(parts)) = cursor.decode() else { return Err(wrong()) };
        let [signature, Json::Array(values)] = parts.as_slice() else { return Err(wrong()) };
        if *signature != Self::signature(&order) || values.len() != order.len() {
            return Err(wrong());
        }
        order
            .iter()
            .zip(values)
            .map(|(by, json)| match Value::from_json(by.field.kind, json) {
                Ok(Value::Null) if !by.field.nullable => Err(wrong()),
                Ok(Value::Text(text)) if text.contains('\0') => Err(wrong()),
                read => read.map_err(|_| wrong()),
            })
            .collect()
    }

    fn signature(order: &[OrderBy<E>]) -> Json {
        let fields = order
            .iter()
            .map(|o| format!("{}{}", if o.descending { '-' } else { '+' }, o.field.name))
            .collect::<String>();
        format!("{}{fields}", E::KIND).into()
    }
}

impl<E: Entity> Criteria<E> {
    /// A query for what matches.
    pub const fn query(self) -> Query<E> {
        Query::of(self)
    }
}
