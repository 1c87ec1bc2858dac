"""What a rebuild reads and writes: the epoch item, StateTable's items, and the totals with their twins.

Every transaction here holds on to the generation, so that nothing is done for one that has ended. Each may be
repeated: conditions tell what was done already, and counts are written together with what they count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from workshop.errors import ConfigurationError, WorkshopError
from workshop.pipeline.aggregates import PROGRESS_ROW
from workshop.pipeline.operations.epoch import EPOCH_KEY, EpochState, change_epoch, epoch_number, read_epoch
from workshop.pipeline.operations.reconcile import Books
from workshop.pipeline.operations.repair import NO_ERROR, Error, Mark
from workshop.pipeline.operations.state_sum import valid_trade
from workshop.pipeline.tables import scan_rows
from workshop.pipeline.truth import GRAND_TOTAL

__all__ = ["InterruptedRebuildError", "RebuildTables"]

# Few enough to seldom meet a write of StateLambda to one of them.
TOUCHES_PER_TRANSACTION = 20
ATTEMPTS = 50
TWINS = ("Rebuilt", "RebuiltTrades", "Touches", "Strays", "Repairs")
REFUSED = "ConditionalCheckFailed"


class InterruptedRebuildError(WorkshopError):
    """The generation is over, though this run has not ended it."""


class RebuildTables:
    """The tables of one pipeline, in one generation after the other."""

    def __init__(self, books: Books) -> None:
        self._client = books.dynamodb
        self._order = books.target.order
        self._clock = books.clock
        self._parameters = books.outputs["ParameterTableName"]
        self._state = books.outputs["StateTableName"]
        self._aggregate = books.outputs["AggregateTableName"]
        self._epoch = EpochState()

    @property
    def generation(self) -> int:
        """The number of the generation."""
        return self._epoch.generation

    def begin(self) -> None:
        """Begin a generation, or go on with the one that an interrupted run has begun."""
        for _ in range(ATTEMPTS):
            seen = self._epoch = read_epoch(self._client, self._parameters)
            if seen.emptying:
                raise ConfigurationError(
                    "a `workshop clear` of this pipeline has not ended; run it again, then rebuild"
                )
            if seen.rebuilding:
                return
            # No twin grows while there is no generation, so what is left of an earlier one can go.
            self._remove_twins()
            to = {"Generation": {"N": str(seen.generation + 1)}, "Rebuilding": {"BOOL": True}}
            change_epoch(self._client, self._parameters, seen=seen, to=to)
        raise InterruptedRebuildError("the epoch of the pipeline keeps changing")

    def end(self) -> None:
        """End the generation, and forget what was counted for it."""
        if not change_epoch(self._client, self._parameters, seen=self._epoch, to={}, without="Rebuilding"):
            raise InterruptedRebuildError("the generation is over already")
        self._remove_twins()
        self._client.delete_item(TableName=self._parameters, Key=self._counter)

    def touch_all(self) -> int:
        """Take every trade that is outside the generation into it; return how many were found."""
        found, outside = 0, []
        for item in scan_rows(self._client, self._state):
            if self._is_outside(item):
                outside.append(item["TradeID"])
            if len(outside) == TOUCHES_PER_TRANSACTION:
                found += self._touch(outside)
                outside = []
        return found + self._touch(outside)

    def touches(self) -> int:
        """Return how many touches there were in this generation, by all runs."""
        answer = self._client.get_item(TableName=self._parameters, Key=self._counter, ConsistentRead=True)
        return int(answer.get("Item", {}).get("Touches", {}).get("N", "0"))

    def mark(self) -> Mark:
        """Return how far the totals are."""
        root, progress = self._row(GRAND_TOTAL), self._row(PROGRESS_ROW)
        return Mark(
            touches=root.get("Touches", 0),
            strays=root.get("Strays", 0),
            repairs=progress.get("Repairs", 0),
            revision=progress.get("Revision", 0),
        )

    def totals(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of AggregateTable."""
        return scan_rows(self._client, self._aggregate)

    def subtract(self, errors: Mapping[str, Error], mark: Mark, *, repairs: int) -> bool:
        """Take errors off the totals; return False if there are strays or repairs that the mark lacks."""
        bookkeeping = self._update(
            self._aggregate,
            {"Identifier": {"S": PROGRESS_ROW}},
            plus={"Revision": 1, "Repairs": 1},
            seen={"Repairs": repairs},
        )
        root = errors.get(GRAND_TOTAL, NO_ERROR)
        totals = [
            self._update(self._aggregate, {"Identifier": {"S": path}}, plus=_minus(error))
            for path, error in errors.items()
            if path != GRAND_TOTAL
        ]
        seen = {"Touches": mark.touches, "Strays": mark.strays}
        key = {"Identifier": {"S": GRAND_TOTAL}}
        totals.append(self._update(self._aggregate, key, plus=_minus(root), seen=seen))
        return not any(reason == REFUSED for reason in self._transact([bookkeeping, *totals]))

    def _touch(self, trades: Sequence[str]) -> int:
        waiting, touched = list(trades), 0
        for _ in range(ATTEMPTS):
            if not waiting:
                return touched
            actions = [self._touching(trade) for trade in waiting]
            count = self._update(self._parameters, self._counter, plus={"Touches": len(waiting)})
            reasons = self._transact([count, *actions])
            if not reasons:
                return touched + len(waiting)
            # Written or deleted by others since it was seen; the next pass looks at it again.
            refused = {
                trade for trade, reason in zip(waiting, reasons[1:], strict=False) if reason == REFUSED
            }
            waiting = [trade for trade in waiting if trade not in refused]
            touched += len(refused)
        raise InterruptedRebuildError("others keep writing the items that are to be touched")

    def _touching(self, trade: str) -> dict[str, Any]:
        epoch = self._epoch.number
        is_here = "#Epoch = :Epoch" if epoch else "attribute_not_exists(#Epoch)"
        values = {":Generation": {"N": str(self.generation)}}
        return {
            "Update": {
                "TableName": self._state,
                "Key": {"TradeID": {"S": trade}},
                "UpdateExpression": "SET #Generation = :Generation",
                "ConditionExpression": (
                    f"attribute_exists(#TradeID) AND {is_here} "
                    "AND (attribute_not_exists(#Generation) OR #Generation < :Generation)"
                ),
                "ExpressionAttributeNames": {f"#{name}": name for name in ("TradeID", "Epoch", "Generation")},
                "ExpressionAttributeValues": values | ({":Epoch": {"N": str(epoch)}} if epoch else {}),
            }
        }

    def _is_outside(self, item: Mapping[str, Any]) -> bool:
        return (
            epoch_number(item) == self._epoch.number
            and int(item.get("Generation", 0)) < self.generation
            and valid_trade(item, self._order) is not None
        )

    @property
    def _counter(self) -> dict[str, Any]:
        return {"Parameter": {"S": f"rebuild#{self.generation}"}}

    def _row(self, identifier: str) -> dict[str, int]:
        key: Any = {"Identifier": {"S": identifier}}
        answer = self._client.get_item(TableName=self._aggregate, Key=key, ConsistentRead=True)
        numbers = {name: value["N"] for name, value in answer.get("Item", {}).items() if "N" in value}
        return {name: int(numbers[name]) for name in (*TWINS[2:], "Revision") if name in numbers}

    def _remove_twins(self) -> None:
        for row in self.totals():
            if twins := [name for name in TWINS if name in row]:
                self._patiently_remove(row["Identifier"], twins)

    def _patiently_remove(self, identifier: str, names: Sequence[str]) -> None:
        for _ in range(ATTEMPTS):
            try:
                self._client.update_item(
                    TableName=self._aggregate,
                    Key={"Identifier": {"S": identifier}},
                    UpdateExpression=f"REMOVE {', '.join(f'#{name}' for name in names)}",
                    ExpressionAttributeNames={f"#{name}": name for name in names},
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "TransactionConflictException":
                    raise
                self._clock.sleep(0.05)
            else:
                return
        raise InterruptedRebuildError(f"others keep writing `{identifier}`")

    def _update(
        self,
        table: str,
        key: Any,
        *,
        plus: Mapping[str, Decimal | int],
        seen: Mapping[str, int] | None = None,
    ) -> dict[str, Any]:
        """Return the action that adds numbers, if counts are still as they were seen; 0 is an absent one."""
        seen = seen or {}
        values = {f":{name}": {"N": f"{value:f}"} for name, value in plus.items()}
        values |= {f":Seen{name}": {"N": str(count)} for name, count in seen.items() if count}
        terms = [
            f"#{name} = :Seen{name}" if count else f"(attribute_not_exists(#{name}) OR #{name} = :Zero)"
            for name, count in seen.items()
        ]
        if not all(seen.values()):
            values[":Zero"] = {"N": "0"}
        request: dict[str, Any] = {
            "TableName": table,
            "Key": key,
            "UpdateExpression": f"ADD {', '.join(f'#{name} :{name}' for name in plus)}",
            "ExpressionAttributeNames": {f"#{name}": name for name in {**plus, **seen}},
            "ExpressionAttributeValues": values,
        }
        return {"Update": request | ({"ConditionExpression": " AND ".join(terms)} if terms else {})}

    def _transact(self, actions: Sequence[Any]) -> list[str]:
        """Carry out all actions or none; return why not, action by action, or nothing.

        Raises:
            InterruptedRebuildError: the generation is over.
        """
        for _ in range(ATTEMPTS):
            try:
                self._client.transact_write_items(TransactItems=[*actions, self._fence()])
            except ClientError as error:
                # boto3's type of an error response knows no reasons.
                response: dict[str, Any] = {**error.response}
                reasons = [reason.get("Code", "None") for reason in response.get("CancellationReasons", ())]
                if not reasons:
                    raise
                if reasons[-1] == REFUSED:
                    raise InterruptedRebuildError("the generation is over") from error
                if REFUSED in reasons:
                    return reasons[:-1]
                self._clock.sleep(0.05)
            else:
                return []
        raise InterruptedRebuildError("others keep writing the same items")

    def _fence(self) -> dict[str, Any]:
        """Return the check that the generation goes on, in the same epoch."""
        number = self._epoch.number
        is_same = "#Number = :Number" if number else "attribute_not_exists(#Number)"
        values = {":Generation": {"N": str(self.generation)}, ":Rebuilding": {"BOOL": True}}
        return {
            "ConditionCheck": {
                "TableName": self._parameters,
                "Key": EPOCH_KEY,
                "ConditionExpression": (
                    f"{is_same} AND #Generation = :Generation AND #Rebuilding = :Rebuilding"
                ),
                "ExpressionAttributeNames": {
                    f"#{name}": name for name in ("Number", "Generation", "Rebuilding")
                },
                "ExpressionAttributeValues": values | ({":Number": {"N": str(number)}} if number else {}),
            }
        }


def _minus(error: Error) -> dict[str, Decimal | int]:
    return {"Value": -error.value, "Trades": -error.trades}
