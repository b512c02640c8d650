from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0_batch_size_type_0 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0BatchSizeType0
from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0_compute_multiplier_type_0 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ComputeMultiplierType0
from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0_eval_interval_type_0 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalIntervalType0
from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0_eval_samples_type_0 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalSamplesType0
from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0_learning_rate_multiplier_type_0 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0LearningRateMultiplierType0
from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0_reasoning_effort_type_1 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType1
from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0_reasoning_effort_type_2_type_1 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType2Type1
from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0_reasoning_effort_type_3_type_1 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType3Type1
from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0n_epochs_type_0 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0NEpochsType0
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="FineTuningRequestMethodType0ReinforcementType0HyperparametersType0")



@_attrs_define
class FineTuningRequestMethodType0ReinforcementType0HyperparametersType0:
    """ What may be auto.

        Attributes:
            n_epochs (FineTuningRequestMethodType0ReinforcementType0HyperparametersType0NEpochsType0 | int | None | Unset):
                Passes over the training file. auto: 3.
            batch_size (FineTuningRequestMethodType0ReinforcementType0HyperparametersType0BatchSizeType0 | int | None |
                Unset): Examples, or prompts, of a step. auto: 8.
            learning_rate_multiplier
                (FineTuningRequestMethodType0ReinforcementType0HyperparametersType0LearningRateMultiplierType0 | float | None |
                Unset): Times the rate that suits the model's size, which an event tells. auto: 1.
            compute_multiplier (FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ComputeMultiplierType0 |
                float | None | Unset): Responses sampled to each prompt: 4 times this, rounded, at least 1. auto: 1.
            eval_interval (FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalIntervalType0 | int | None
                | Unset): Steps between evaluations on the validation file. auto: one an epoch.
            eval_samples (FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalSamplesType0 | int | None |
                Unset): Responses to each prompt of the validation file in an evaluation. auto: 1.
            reasoning_effort (FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType1 |
                FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType2Type1 |
                FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType3Type1 | None | Unset):
                Taken, and without effect, as an event says.
     """

    n_epochs: FineTuningRequestMethodType0ReinforcementType0HyperparametersType0NEpochsType0 | int | None | Unset = UNSET
    batch_size: FineTuningRequestMethodType0ReinforcementType0HyperparametersType0BatchSizeType0 | int | None | Unset = UNSET
    learning_rate_multiplier: FineTuningRequestMethodType0ReinforcementType0HyperparametersType0LearningRateMultiplierType0 | float | None | Unset = UNSET
    compute_multiplier: FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ComputeMultiplierType0 | float | None | Unset = UNSET
    eval_interval: FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalIntervalType0 | int | None | Unset = UNSET
    eval_samples: FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalSamplesType0 | int | None | Unset = UNSET
    reasoning_effort: FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType1 | FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType2Type1 | FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType3Type1 | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        n_epochs: int | None | str | Unset
        if isinstance(self.n_epochs, Unset):
            n_epochs = UNSET
        elif isinstance(self.n_epochs, FineTuningRequestMethodType0ReinforcementType0HyperparametersType0NEpochsType0):
            n_epochs = self.n_epochs.value
        else:
            n_epochs = self.n_epochs

        batch_size: int | None | str | Unset
        if isinstance(self.batch_size, Unset):
            batch_size = UNSET
        elif isinstance(self.batch_size, FineTuningRequestMethodType0ReinforcementType0HyperparametersType0BatchSizeType0):
            batch_size = self.batch_size.value
        else:
            batch_size = self.batch_size

        learning_rate_multiplier: float | None | str | Unset
        if isinstance(self.learning_rate_multiplier, Unset):
            learning_rate_multiplier = UNSET
        elif isinstance(self.learning_rate_multiplier, FineTuningRequestMethodType0ReinforcementType0HyperparametersType0LearningRateMultiplierType0):
            learning_rate_multiplier = self.learning_rate_multiplier.value
        else:
            learning_rate_multiplier = self.learning_rate_multiplier

        compute_multiplier: float | None | str | Unset
        if isinstance(self.compute_multiplier, Unset):
            compute_multiplier = UNSET
        elif isinstance(self.compute_multiplier, FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ComputeMultiplierType0):
            compute_multiplier = self.compute_multiplier.value
        else:
            compute_multiplier = self.compute_multiplier

        eval_interval: int | None | str | Unset
        if isinstance(self.eval_interval, Unset):
            eval_interval = UNSET
        elif isinstance(self.eval_interval, FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalIntervalType0):
            eval_interval = self.eval_interval.value
        else:
            eval_interval = self.eval_interval

        eval_samples: int | None | str | Unset
        if isinstance(self.eval_samples, Unset):
            eval_samples = UNSET
        elif isinstance(self.eval_samples, FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalSamplesType0):
            eval_samples = self.eval_samples.value
        else:
            eval_samples = self.eval_samples

        reasoning_effort: None | str | Unset
        if isinstance(self.reasoning_effort, Unset):
            reasoning_effort = UNSET
        elif isinstance(self.reasoning_effort, FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType1):
            reasoning_effort = self.reasoning_effort.value
        elif isinstance(self.reasoning_effort, FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType2Type1):
            reasoning_effort = self.reasoning_effort.value
        elif isinstance(self.reasoning_effort, FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType3Type1):
            reasoning_effort = self.reasoning_effort.value
        else:
            reasoning_effort = self.reasoning_effort


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if n_epochs is not UNSET:
            field_dict["n_epochs"] = n_epochs
        if batch_size is not UNSET:
            field_dict["batch_size"] = batch_size
        if learning_rate_multiplier is not UNSET:
            field_dict["learning_rate_multiplier"] = learning_rate_multiplier
        if compute_multiplier is not UNSET:
            field_dict["compute_multiplier"] = compute_multiplier
        if eval_interval is not UNSET:
            field_dict["eval_interval"] = eval_interval
        if eval_samples is not UNSET:
            field_dict["eval_samples"] = eval_samples
        if reasoning_effort is not UNSET:
            field_dict["reasoning_effort"] = reasoning_effort

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_n_epochs(data: object) -> FineTuningRequestMethodType0ReinforcementType0HyperparametersType0NEpochsType0 | int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                n_epochs_type_0 = FineTuningRequestMethodType0ReinforcementType0HyperparametersType0NEpochsType0(data)



                return n_epochs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0HyperparametersType0NEpochsType0 | int | None | Unset, data)

        n_epochs = _parse_n_epochs(d.pop("n_epochs", UNSET))


        def _parse_batch_size(data: object) -> FineTuningRequestMethodType0ReinforcementType0HyperparametersType0BatchSizeType0 | int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                batch_size_type_0 = FineTuningRequestMethodType0ReinforcementType0HyperparametersType0BatchSizeType0(data)



                return batch_size_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0HyperparametersType0BatchSizeType0 | int | None | Unset, data)

        batch_size = _parse_batch_size(d.pop("batch_size", UNSET))


        def _parse_learning_rate_multiplier(data: object) -> FineTuningRequestMethodType0ReinforcementType0HyperparametersType0LearningRateMultiplierType0 | float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                learning_rate_multiplier_type_0 = FineTuningRequestMethodType0ReinforcementType0HyperparametersType0LearningRateMultiplierType0(data)



                return learning_rate_multiplier_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0HyperparametersType0LearningRateMultiplierType0 | float | None | Unset, data)

        learning_rate_multiplier = _parse_learning_rate_multiplier(d.pop("learning_rate_multiplier", UNSET))


        def _parse_compute_multiplier(data: object) -> FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ComputeMultiplierType0 | float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                compute_multiplier_type_0 = FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ComputeMultiplierType0(data)



                return compute_multiplier_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ComputeMultiplierType0 | float | None | Unset, data)

        compute_multiplier = _parse_compute_multiplier(d.pop("compute_multiplier", UNSET))


        def _parse_eval_interval(data: object) -> FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalIntervalType0 | int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                eval_interval_type_0 = FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalIntervalType0(data)



                return eval_interval_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalIntervalType0 | int | None | Unset, data)

        eval_interval = _parse_eval_interval(d.pop("eval_interval", UNSET))


        def _parse_eval_samples(data: object) -> FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalSamplesType0 | int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                eval_samples_type_0 = FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalSamplesType0(data)



                return eval_samples_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalSamplesType0 | int | None | Unset, data)

        eval_samples = _parse_eval_samples(d.pop("eval_samples", UNSET))


        def _parse_reasoning_effort(data: object) -> FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType1 | FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType2Type1 | FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType3Type1 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                reasoning_effort_type_1 = FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType1(data)



                return reasoning_effort_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                reasoning_effort_type_2_type_1 = FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType2Type1(data)



                return reasoning_effort_type_2_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                reasoning_effort_type_3_type_1 = FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType3Type1(data)



                return reasoning_effort_type_3_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType1 | FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType2Type1 | FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType3Type1 | None | Unset, data)

        reasoning_effort = _parse_reasoning_effort(d.pop("reasoning_effort", UNSET))


        fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0 = cls(
            n_epochs=n_epochs,
            batch_size=batch_size,
            learning_rate_multiplier=learning_rate_multiplier,
            compute_multiplier=compute_multiplier,
            eval_interval=eval_interval,
            eval_samples=eval_samples,
            reasoning_effort=reasoning_effort,
        )

        return fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0

