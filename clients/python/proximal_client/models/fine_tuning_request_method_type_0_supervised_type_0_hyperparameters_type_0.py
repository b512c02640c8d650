from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.fine_tuning_request_method_type_0_supervised_type_0_hyperparameters_type_0_batch_size_type_0 import FineTuningRequestMethodType0SupervisedType0HyperparametersType0BatchSizeType0
from ..models.fine_tuning_request_method_type_0_supervised_type_0_hyperparameters_type_0_learning_rate_multiplier_type_0 import FineTuningRequestMethodType0SupervisedType0HyperparametersType0LearningRateMultiplierType0
from ..models.fine_tuning_request_method_type_0_supervised_type_0_hyperparameters_type_0n_epochs_type_0 import FineTuningRequestMethodType0SupervisedType0HyperparametersType0NEpochsType0
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="FineTuningRequestMethodType0SupervisedType0HyperparametersType0")



@_attrs_define
class FineTuningRequestMethodType0SupervisedType0HyperparametersType0:
    """ What may be auto.

        Attributes:
            n_epochs (FineTuningRequestMethodType0SupervisedType0HyperparametersType0NEpochsType0 | int | None | Unset):
                Passes over the training file. auto: 3.
            batch_size (FineTuningRequestMethodType0SupervisedType0HyperparametersType0BatchSizeType0 | int | None | Unset):
                Examples, or prompts, of a step. auto: 8.
            learning_rate_multiplier
                (FineTuningRequestMethodType0SupervisedType0HyperparametersType0LearningRateMultiplierType0 | float | None |
                Unset): Times the rate that suits the model's size, which an event tells. auto: 1.
     """

    n_epochs: FineTuningRequestMethodType0SupervisedType0HyperparametersType0NEpochsType0 | int | None | Unset = UNSET
    batch_size: FineTuningRequestMethodType0SupervisedType0HyperparametersType0BatchSizeType0 | int | None | Unset = UNSET
    learning_rate_multiplier: FineTuningRequestMethodType0SupervisedType0HyperparametersType0LearningRateMultiplierType0 | float | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        n_epochs: int | None | str | Unset
        if isinstance(self.n_epochs, Unset):
            n_epochs = UNSET
        elif isinstance(self.n_epochs, FineTuningRequestMethodType0SupervisedType0HyperparametersType0NEpochsType0):
            n_epochs = self.n_epochs.value
        else:
            n_epochs = self.n_epochs

        batch_size: int | None | str | Unset
        if isinstance(self.batch_size, Unset):
            batch_size = UNSET
        elif isinstance(self.batch_size, FineTuningRequestMethodType0SupervisedType0HyperparametersType0BatchSizeType0):
            batch_size = self.batch_size.value
        else:
            batch_size = self.batch_size

        learning_rate_multiplier: float | None | str | Unset
        if isinstance(self.learning_rate_multiplier, Unset):
            learning_rate_multiplier = UNSET
        elif isinstance(self.learning_rate_multiplier, FineTuningRequestMethodType0SupervisedType0HyperparametersType0LearningRateMultiplierType0):
            learning_rate_multiplier = self.learning_rate_multiplier.value
        else:
            learning_rate_multiplier = self.learning_rate_multiplier


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if n_epochs is not UNSET:
            field_dict["n_epochs"] = n_epochs
        if batch_size is not UNSET:
            field_dict["batch_size"] = batch_size
        if learning_rate_multiplier is not UNSET:
            field_dict["learning_rate_multiplier"] = learning_rate_multiplier

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_n_epochs(data: object) -> FineTuningRequestMethodType0SupervisedType0HyperparametersType0NEpochsType0 | int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                n_epochs_type_0 = FineTuningRequestMethodType0SupervisedType0HyperparametersType0NEpochsType0(data)



                return n_epochs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0SupervisedType0HyperparametersType0NEpochsType0 | int | None | Unset, data)

        n_epochs = _parse_n_epochs(d.pop("n_epochs", UNSET))


        def _parse_batch_size(data: object) -> FineTuningRequestMethodType0SupervisedType0HyperparametersType0BatchSizeType0 | int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                batch_size_type_0 = FineTuningRequestMethodType0SupervisedType0HyperparametersType0BatchSizeType0(data)



                return batch_size_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0SupervisedType0HyperparametersType0BatchSizeType0 | int | None | Unset, data)

        batch_size = _parse_batch_size(d.pop("batch_size", UNSET))


        def _parse_learning_rate_multiplier(data: object) -> FineTuningRequestMethodType0SupervisedType0HyperparametersType0LearningRateMultiplierType0 | float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                learning_rate_multiplier_type_0 = FineTuningRequestMethodType0SupervisedType0HyperparametersType0LearningRateMultiplierType0(data)



                return learning_rate_multiplier_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0SupervisedType0HyperparametersType0LearningRateMultiplierType0 | float | None | Unset, data)

        learning_rate_multiplier = _parse_learning_rate_multiplier(d.pop("learning_rate_multiplier", UNSET))


        fine_tuning_request_method_type_0_supervised_type_0_hyperparameters_type_0 = cls(
            n_epochs=n_epochs,
            batch_size=batch_size,
            learning_rate_multiplier=learning_rate_multiplier,
        )

        return fine_tuning_request_method_type_0_supervised_type_0_hyperparameters_type_0

