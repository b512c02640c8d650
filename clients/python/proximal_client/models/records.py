from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.records_rollouts_type_0 import RecordsRolloutsType0
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.last_epochs import LastEpochs





T = TypeVar("T", bound="Records")



@_attrs_define
class Records:
    """ What a job keeps of its rollouts

        Attributes:
            rollouts (LastEpochs | RecordsRolloutsType0 | Unset): Which steps' rollouts are kept: prompt, completion,
                scores. Token records go with them. Default all.
            tokens (bool | LastEpochs | Unset): Which of them keep their per-token records too. Default true: all.
            max_bytes (int | Unset): Most bytes that a job's records take; the oldest steps' token records go first, then
                the oldest rollouts. A million tokens take some 40 MB. Default 1,000,000,000. Default: 1000000000.
     """

    rollouts: LastEpochs | RecordsRolloutsType0 | Unset = UNSET
    tokens: bool | LastEpochs | Unset = UNSET
    max_bytes: int | Unset = 1000000000





    def to_dict(self) -> dict[str, Any]:
        from ..models.last_epochs import LastEpochs # noqa: PLC0415
        rollouts: dict[str, Any] | str | Unset
        if isinstance(self.rollouts, Unset):
            rollouts = UNSET
        elif isinstance(self.rollouts, RecordsRolloutsType0):
            rollouts = self.rollouts.value
        else:
            rollouts = self.rollouts.to_dict()


        tokens: bool | dict[str, Any] | Unset
        if isinstance(self.tokens, Unset):
            tokens = UNSET
        elif isinstance(self.tokens, LastEpochs):
            tokens = self.tokens.to_dict()
        else:
            tokens = self.tokens

        max_bytes = self.max_bytes


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if rollouts is not UNSET:
            field_dict["rollouts"] = rollouts
        if tokens is not UNSET:
            field_dict["tokens"] = tokens
        if max_bytes is not UNSET:
            field_dict["max_bytes"] = max_bytes

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.last_epochs import LastEpochs # noqa: PLC0415
        d = dict(src_dict)
        def _parse_rollouts(data: object) -> LastEpochs | RecordsRolloutsType0 | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                rollouts_type_0 = RecordsRolloutsType0(data)



                return rollouts_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            rollouts_type_1 = LastEpochs.from_dict(data)



            return rollouts_type_1

        rollouts = _parse_rollouts(d.pop("rollouts", UNSET))


        def _parse_tokens(data: object) -> bool | LastEpochs | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                tokens_type_1 = LastEpochs.from_dict(data)



                return tokens_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(bool | LastEpochs | Unset, data)

        tokens = _parse_tokens(d.pop("tokens", UNSET))


        max_bytes = d.pop("max_bytes", UNSET)

        records = cls(
            rollouts=rollouts,
            tokens=tokens,
            max_bytes=max_bytes,
        )

        return records

