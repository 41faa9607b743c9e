//! What gates ask about an opportunity, read from the store.

use crate::{
    approval::{self, Approval},
    customer::{Customer, group},
    interaction::{self, Interaction, InteractionStatus},
    kernel::{Id, Result, Stored},
    store::{Read, ReadUnit, every, expect},
};

use super::{Approved, Evidence, Gate, Need, Opportunity};

impl Evidence {
    /// What these gates ask about an opportunity, and no more.
    ///
    /// # Errors
    /// Whatever the store answers.
    pub async fn gather(
        unit: &mut (dyn ReadUnit + '_),
        opportunity: &Opportunity,
        gates: &[&Gate],
    ) -> Result<Self> {
        let mut known = Self::default();
        if let Some(id) = opportunity.customer_id
            && gates.iter().any(|gate| matches!(gate.need, Need::Customer(_)))
        {
            let survivor = group(unit, id).await?.first().copied().unwrap_or(id);
            known.customer = Some(expect::<Customer, _>(unit, survivor).await?.into_inner());
        }
        for gate in gates {
            if let Need::Interaction(asked) = &gate.need {
                let about = interaction::OPPORTUNITY_ID
                    .eq(opportunity.id)
                    .and(interaction::STATUS.eq(InteractionStatus::Closed))
                    .and(asked.clone());
                let found = Read::<Interaction>::find(unit, about.query().limit(1)).await?;
                if !found.items.is_empty() {
                    known.interactions.push(gate.name.clone());
                }
            }
        }
        if gates.iter().any(|gate| matches!(gate.need, Need::Approval(_))) {
            known.approvals = decisions(unit, opportunity.id).await?;
        }
        Ok(known)
    }
}

/// The last decision for each gate.
pub(super) async fn decisions(
    unit: &mut (dyn ReadUnit + '_),
    opportunity: Id<Opportunity>,
) -> Result<Vec<Approved>> {
    let query = approval::OPPORTUNITY_ID.eq(opportunity).query();
    let query = query.order_by(&approval::NUMBER).descending(&approval::GRANTED);
    let mut last: Vec<Approved> = Vec::new();
    every(unit, query, |stored: Stored<Approval>| {
        last.retain(|approved| approved.gate != stored.gate);
        last.push(Approved {
            number: stored.number,
            gate: stored.gate.clone(),
            by: stored.decided_by,
            granted: stored.granted,
            amount: stored.amount,
        });
        Ok(())
    })
    .await?;
    Ok(last)
}
