"""The question put to a store about one instance on one day, with whose credential.

Also where scans and files get their dates: an instance may borrow its events from
the rows it belongs to, by record group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date

from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule, StoredInstance, joined_from
from keepuntil.domain.holds import Binding, Hold
from keepuntil.domain.reckoning import cutoffs, decider
from keepuntil.register import holds
from keepuntil.stores.protocol import Facts, LookUp, Query, Store


@contextmanager
def asking(
    installation: Installation,
    rule: Rule,
    instance: StoredInstance,
    as_of: date,
    in_force: Iterable[Hold] = (),
    *,
    reader: bool = True,
) -> Iterator[tuple[Store, Query]]:
    """An open store and the query for one instance; both end with the context.

    ``reader`` asks for the second, reading credential. Raises StoreUnreachable.
    """
    with ExitStack() as stack:
        store = stack.enter_context(installation.store(instance.store, reader=reader))
        query = Query(
            rule=rule,
            instance=instance,
            as_of=as_of,
            cutoffs=cutoffs(rule.clock, as_of),
            binding=Binding(in_force, category=rule.category, instance=instance.id),
            decide=decider(rule, as_of, installation.schedule.working_days(rule)),
            batch_items=store.facts.batch_items,
        )
        linked = _linked_look_up(installation, query, stack)
        yield store, query if linked is None else replace(query, linked=linked)


def _linked_look_up(installation: Installation, query: Query, stack: ExitStack) -> LookUp | None:
    source_id = joined_from(query.instance)
    if source_id is None:
        return None
    source = query.rule.instance(source_id)
    store, source_query = stack.enter_context(asking(installation, query.rule, source, query.as_of))

    def look_up(groups: Sequence[str]) -> Mapping[str, Facts]:
        # Holds are read at each call: a hold on the row, placed while its scans are being
        # destroyed, binds the scans of the next batch too.
        in_force = holds.in_force(installation.register, query.rule.category)
        binding = Binding(in_force, category=query.rule.category, instance=source.id)
        return store.look_up(replace(source_query, binding=binding), groups)

    return look_up


def phases(rule: Rule) -> tuple[tuple[StoredInstance, ...], ...]:
    """The order of destruction: copies before the rows that date them.

    Once the row is gone nothing can say any more when its scan was due.
    """
    borrowing = tuple(i for i in rule.stored_instances if joined_from(i) is not None)
    own = tuple(i for i in rule.stored_instances if joined_from(i) is None)
    return (borrowing, own)
