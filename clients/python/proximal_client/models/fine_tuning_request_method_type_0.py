from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.fine_tuning_request_method_type_0_type import FineTuningRequestMethodType0Type
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.fine_tuning_request_method_type_0_dpo_type_0 import FineTuningRequestMethodType0DpoType0
  from ..models.fine_tuning_request_method_type_0_reinforcement_type_0 import FineTuningRequestMethodType0ReinforcementType0
  from ..models.fine_tuning_request_method_type_0_supervised_type_0 import FineTuningRequestMethodType0SupervisedType0





T = TypeVar("T", bound="FineTuningRequestMethodType0")



@_attrs_define
class FineTuningRequestMethodType0:
    """ Default: supervised.

        Attributes:
            type_ (FineTuningRequestMethodType0Type): supervised or reinforcement; dpo is refused.
            supervised (FineTuningRequestMethodType0SupervisedType0 | None | Unset): How to learn from examples.
            reinforcement (FineTuningRequestMethodType0ReinforcementType0 | None | Unset): How to learn from graded answers.
            dpo (FineTuningRequestMethodType0DpoType0 | None | Unset): Refused: preferences train reward models here.
     """

    type_: FineTuningRequestMethodType0Type
    supervised: FineTuningRequestMethodType0SupervisedType0 | None | Unset = UNSET
    reinforcement: FineTuningRequestMethodType0ReinforcementType0 | None | Unset = UNSET
    dpo: FineTuningRequestMethodType0DpoType0 | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.fine_tuning_request_method_type_0_dpo_type_0 import FineTuningRequestMethodType0DpoType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_reinforcement_type_0 import FineTuningRequestMethodType0ReinforcementType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_supervised_type_0 import FineTuningRequestMethodType0SupervisedType0 # noqa: PLC0415
        type_ = self.type_.value

        supervised: dict[str, Any] | None | Unset
        if isinstance(self.supervised, Unset):
            supervised = UNSET
        elif isinstance(self.supervised, FineTuningRequestMethodType0SupervisedType0):
            supervised = self.supervised.to_dict()
        else:
            supervised = self.supervised

        reinforcement: dict[str, Any] | None | Unset
        if isinstance(self.reinforcement, Unset):
            reinforcement = UNSET
        elif isinstance(self.reinforcement, FineTuningRequestMethodType0ReinforcementType0):
            reinforcement = self.reinforcement.to_dict()
        else:
            reinforcement = self.reinforcement

        dpo: dict[str, Any] | None | Unset
        if isinstance(self.dpo, Unset):
            dpo = UNSET
        elif isinstance(self.dpo, FineTuningRequestMethodType0DpoType0):
            dpo = self.dpo.to_dict()
        else:
            dpo = self.dpo


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })
        if supervised is not UNSET:
            field_dict["supervised"] = supervised
        if reinforcement is not UNSET:
            field_dict["reinforcement"] = reinforcement
        if dpo is not UNSET:
            field_dict["dpo"] = dpo

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.fine_tuning_request_method_type_0_dpo_type_0 import FineTuningRequestMethodType0DpoType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_reinforcement_type_0 import FineTuningRequestMethodType0ReinforcementType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_supervised_type_0 import FineTuningRequestMethodType0SupervisedType0 # noqa: PLC0415
        d = dict(src_dict)
        type_ = FineTuningRequestMethodType0Type(d.pop("type"))




        def _parse_supervised(data: object) -> FineTuningRequestMethodType0SupervisedType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                supervised_type_0 = FineTuningRequestMethodType0SupervisedType0.from_dict(data)



                return supervised_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0SupervisedType0 | None | Unset, data)

        supervised = _parse_supervised(d.pop("supervised", UNSET))


        def _parse_reinforcement(data: object) -> FineTuningRequestMethodType0ReinforcementType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                reinforcement_type_0 = FineTuningRequestMethodType0ReinforcementType0.from_dict(data)



                return reinforcement_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0 | None | Unset, data)

        reinforcement = _parse_reinforcement(d.pop("reinforcement", UNSET))


        def _parse_dpo(data: object) -> FineTuningRequestMethodType0DpoType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                dpo_type_0 = FineTuningRequestMethodType0DpoType0.from_dict(data)



                return dpo_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0DpoType0 | None | Unset, data)

        dpo = _parse_dpo(d.pop("dpo", UNSET))


        fine_tuning_request_method_type_0 = cls(
            type_=type_,
            supervised=supervised,
            reinforcement=reinforcement,
            dpo=dpo,
        )

        return fine_tuning_request_method_type_0

