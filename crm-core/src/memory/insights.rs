use std::collections::HashSet;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Result,
    kernel::{
        AmountsOf, Cursor, Entity, KeptAmounts, KeptEntity, Page, PairSums, Pairs, Sum, Sums, fold,
        fold_amounts, fold_pairs,
    },
    store::{Amounts, Insights, Linked},
};

use super::unit::Unit;

#[async_trait]
impl<W: Send, E: Entity> Insights<E> for Unit<W> {
    async fn sums(&mut self, sums: Sums<E>) -> Result<Vec<Sum>> {
        Ok(fold(&sums, self.tenant.all())?)
    }
}

#[async_trait]
impl<W: Send, E: KeptEntity> Amounts<E> for Unit<W> {
    async fn amounts(&mut self, of: AmountsOf<E>) -> Result<KeptAmounts> {
        Ok(fold_amounts(&of, self.tenant.all())?)
    }
}

#[async_trait]
impl<W: Send, E: Entity, R: Entity> Linked<E, R> for Unit<W> {
    async fn pair_sums(&mut self, sums: PairSums<E, R>) -> Result<Vec<Sum>> {
        Ok(fold_pairs(&sums, self.tenant.all::<E>(), self.tenant.all::<R>())?)
    }

    async fn named(
        &mut self,
        pairs: Pairs<E, R>,
        limit: u32,
        after: Option<Cursor>,
    ) -> Result<Page<R>> {
        pairs.check()?;
        let named: HashSet<Uuid> = self.tenant.all::<E>().filter_map(|e| pairs.leads(e)).collect();
        let query = pairs.named.query().limit(limit).after(after);
        self.tenant.find(&query, |one| named.contains(&one.id().uuid()))
    }

    async fn count_named(&mut self, pairs: Pairs<E, R>) -> Result<u64> {
        pairs.check()?;
        let named: HashSet<Uuid> = self.tenant.all::<E>().filter_map(|e| pairs.leads(e)).collect();
        let counts = |one: &&R| pairs.named.matches(one) && named.contains(&one.id().uuid());
        Ok(self.tenant.all::<R>().filter(counts).count() as u64)
    }
}
