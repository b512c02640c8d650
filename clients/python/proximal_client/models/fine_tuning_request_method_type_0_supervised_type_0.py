from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.fine_tuning_request_method_type_0_supervised_type_0_hyperparameters_type_0 import FineTuningRequestMethodType0SupervisedType0HyperparametersType0
  from ..models.fine_tuning_request_method_type_0_supervised_type_0_proximal_type_0 import FineTuningRequestMethodType0SupervisedType0ProximalType0





T = TypeVar("T", bound="FineTuningRequestMethodType0SupervisedType0")



@_attrs_define
class FineTuningRequestMethodType0SupervisedType0:
    """ How to learn from examples.

        Attributes:
            hyperparameters (FineTuningRequestMethodType0SupervisedType0HyperparametersType0 | None | Unset): What may be
                auto.
            proximal (FineTuningRequestMethodType0SupervisedType0ProximalType0 | None | Unset): Fields of POST /v1/training-
                jobs, as they are there: sft, trainable, keep, early_stop, max_attempts, device, base_precision,
                checkpoint_every_steps.
     """

    hyperparameters: FineTuningRequestMethodType0SupervisedType0HyperparametersType0 | None | Unset = UNSET
    proximal: FineTuningRequestMethodType0SupervisedType0ProximalType0 | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.fine_tuning_request_method_type_0_supervised_type_0_hyperparameters_type_0 import FineTuningRequestMethodType0SupervisedType0HyperparametersType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_supervised_type_0_proximal_type_0 import FineTuningRequestMethodType0SupervisedType0ProximalType0 # noqa: PLC0415
        hyperparameters: dict[str, Any] | None | Unset
        if isinstance(self.hyperparameters, Unset):
            hyperparameters = UNSET
        elif isinstance(self.hyperparameters, FineTuningRequestMethodType0SupervisedType0HyperparametersType0):
            hyperparameters = self.hyperparameters.to_dict()
        else:
            hyperparameters = self.hyperparameters

        proximal: dict[str, Any] | None | Unset
        if isinstance(self.proximal, Unset):
            proximal = UNSET
        elif isinstance(self.proximal, FineTuningRequestMethodType0SupervisedType0ProximalType0):
            proximal = self.proximal.to_dict()
        else:
            proximal = self.proximal


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if hyperparameters is not UNSET:
            field_dict["hyperparameters"] = hyperparameters
        if proximal is not UNSET:
            field_dict["proximal"] = proximal

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.fine_tuning_request_method_type_0_supervised_type_0_hyperparameters_type_0 import FineTuningRequestMethodType0SupervisedType0HyperparametersType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_supervised_type_0_proximal_type_0 import FineTuningRequestMethodType0SupervisedType0ProximalType0 # noqa: PLC0415
        d = dict(src_dict)
        def _parse_hyperparameters(data: object) -> FineTuningRequestMethodType0SupervisedType0HyperparametersType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                hyperparameters_type_0 = FineTuningRequestMethodType0SupervisedType0HyperparametersType0.from_dict(data)



                return hyperparameters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0SupervisedType0HyperparametersType0 | None | Unset, data)

        hyperparameters = _parse_hyperparameters(d.pop("hyperparameters", UNSET))


        def _parse_proximal(data: object) -> FineTuningRequestMethodType0SupervisedType0ProximalType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                proximal_type_0 = FineTuningRequestMethodType0SupervisedType0ProximalType0.from_dict(data)



                return proximal_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0SupervisedType0ProximalType0 | None | Unset, data)

        proximal = _parse_proximal(d.pop("proximal", UNSET))


        fine_tuning_request_method_type_0_supervised_type_0 = cls(
            hyperparameters=hyperparameters,
            proximal=proximal,
        )

        return fine_tuning_request_method_type_0_supervised_type_0

