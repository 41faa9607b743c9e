use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::{
    kernel::{Currency, Invalid, Money, MoneyError, Result, Sums, share, six_decimals},
    opportunity::{self, Opportunity, OpportunityStatus},
    stage_move::{self, StageMove},
    store::{Insights, Linked, ReadUnit},
};

use super::{ListPart, ListQuery, Listed, PeriodQuestion, Total, total::as_text};

/// Whether enough is open for what is still to be won in a period.
///
/// It counts what a list of opportunities shows: each whole, whoever shares it, of any forecast category, also one that is
/// overdue by the day as long as its expected close is in the period; days by the clocks of the house; one currency. A
/// [`crate::forecast::Attainment`] counts as a forecast does, so the two coverages may differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// What is to be won.
    pub target: Money,
    /// What was won in the period.
    pub won: Listed<Total>,
    /// What was open when the day was over, and expected then to be decided in it.
    pub open: Listed<Total>,
    /// What is left of the target, in its currency: nothing where it is reached.
    #[serde(serialize_with = "amount_alone")]
    pub left: Money,
    /// What is open in the currency of the target, divided by what is left, to six decimals; none where nothing is.
    #[serde(serialize_with = "six_decimals")]
    pub coverage: Option<Decimal>,
    /// What was won and is open in other currencies, which counts for nothing here.
    #[serde(serialize_with = "as_text")]
    pub other_currencies: BTreeMap<Currency, Decimal>,
}

/// The pipeline coverage of a target in a period.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria that do not fit, or a day that no store can keep.
pub async fn coverage(
    unit: &mut (dyn ReadUnit + '_),
    question: &PeriodQuestion,
    target: Money,
) -> Result<Coverage> {
    question.check()?;
    let (period, filter) = (question.period, &question.filter);
    let won = total(unit, question.decided(filter, OpportunityStatus::Won)).await?;
    let are = period.in_its_months().and(period.has_day(&opportunity::EXPECTED_CLOSE));
    let were = period.has_day(&stage_move::EXPECTED_CLOSE_BEFORE);
    let open = total(unit, question.standing().open(filter, are, were)).await?;
    let currency = target.currency();
    let left = target.amount().saturating_sub(won.amount(currency)).max(Decimal::ZERO);
    let coverage = share(open.amount(currency), left);
    let wrong = |error: MoneyError| Invalid::new("coverage", "left", error.to_string());
    let left = Money::new(left, currency).map_err(wrong)?;
    let mut others = won.figure.clone();
    others.add_all(&open)?;
    others.amounts.remove(&currency);
    let other_currencies = others.amounts;
    Ok(Coverage { target, won, open, left, coverage, other_currencies })
}

/// What these lists come to: the first of what is, the second of what was.
async fn total(unit: &mut (dyn ReadUnit + '_), parts: [ListPart; 2]) -> Result<Listed<Total>> {
    let mut figure = Total::default();
    let [are, were] = &parts;
    let sums = Sums::of(&opportunity::AMOUNT).matching(are.opportunities.clone());
    for sum in Insights::<Opportunity>::sums(unit, sums).await? {
        figure.add(&sum)?;
    }
    for sum in Linked::<StageMove, Opportunity>::pair_sums(unit, were.sums_before()).await? {
        figure.add(&sum)?;
    }
    Ok(Listed { figure, query: ListQuery(parts.to_vec()) })
}

/// With the decimals of its currency, which stands beside it.
fn amount_alone<S: Serializer>(
    money: &Money,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&money.amount_text())
}
