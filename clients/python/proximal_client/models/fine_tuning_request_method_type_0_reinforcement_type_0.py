from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_grader import FineTuningRequestMethodType0ReinforcementType0Grader
  from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0
  from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_proximal_type_0 import FineTuningRequestMethodType0ReinforcementType0ProximalType0
  from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_response_format_type_0 import FineTuningRequestMethodType0ReinforcementType0ResponseFormatType0





T = TypeVar("T", bound="FineTuningRequestMethodType0ReinforcementType0")



@_attrs_define
class FineTuningRequestMethodType0ReinforcementType0:
    """ How to learn from graded answers.

        Attributes:
            grader (FineTuningRequestMethodType0ReinforcementType0Grader): What rates the answers, as OpenAI has graders.
            hyperparameters (FineTuningRequestMethodType0ReinforcementType0HyperparametersType0 | None | Unset): What may be
                auto.
            response_format (FineTuningRequestMethodType0ReinforcementType0ResponseFormatType0 | None | Unset): json_object
                or json_schema: graders have sample.output_json. Decoding stays free, as an event says.
            proximal (FineTuningRequestMethodType0ReinforcementType0ProximalType0 | None | Unset): Fields of POST
                /v1/training-jobs, as they are there: ppo, trainable, value, records, keep, early_stop, max_attempts, device,
                base_precision, rollout_precision, checkpoint_every_steps.
     """

    grader: FineTuningRequestMethodType0ReinforcementType0Grader
    hyperparameters: FineTuningRequestMethodType0ReinforcementType0HyperparametersType0 | None | Unset = UNSET
    response_format: FineTuningRequestMethodType0ReinforcementType0ResponseFormatType0 | None | Unset = UNSET
    proximal: FineTuningRequestMethodType0ReinforcementType0ProximalType0 | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_grader import FineTuningRequestMethodType0ReinforcementType0Grader # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_proximal_type_0 import FineTuningRequestMethodType0ReinforcementType0ProximalType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_response_format_type_0 import FineTuningRequestMethodType0ReinforcementType0ResponseFormatType0 # noqa: PLC0415
        grader = self.grader.to_dict()

        hyperparameters: dict[str, Any] | None | Unset
        if isinstance(self.hyperparameters, Unset):
            hyperparameters = UNSET
        elif isinstance(self.hyperparameters, FineTuningRequestMethodType0ReinforcementType0HyperparametersType0):
            hyperparameters = self.hyperparameters.to_dict()
        else:
            hyperparameters = self.hyperparameters

        response_format: dict[str, Any] | None | Unset
        if isinstance(self.response_format, Unset):
            response_format = UNSET
        elif isinstance(self.response_format, FineTuningRequestMethodType0ReinforcementType0ResponseFormatType0):
            response_format = self.response_format.to_dict()
        else:
            response_format = self.response_format

        proximal: dict[str, Any] | None | Unset
        if isinstance(self.proximal, Unset):
            proximal = UNSET
        elif isinstance(self.proximal, FineTuningRequestMethodType0ReinforcementType0ProximalType0):
            proximal = self.proximal.to_dict()
        else:
            proximal = self.proximal


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "grader": grader,
        })
        if hyperparameters is not UNSET:
            field_dict["hyperparameters"] = hyperparameters
        if response_format is not UNSET:
            field_dict["response_format"] = response_format
        if proximal is not UNSET:
            field_dict["proximal"] = proximal

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_grader import FineTuningRequestMethodType0ReinforcementType0Grader # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_hyperparameters_type_0 import FineTuningRequestMethodType0ReinforcementType0HyperparametersType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_proximal_type_0 import FineTuningRequestMethodType0ReinforcementType0ProximalType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0_reinforcement_type_0_response_format_type_0 import FineTuningRequestMethodType0ReinforcementType0ResponseFormatType0 # noqa: PLC0415
        d = dict(src_dict)
        grader = FineTuningRequestMethodType0ReinforcementType0Grader.from_dict(d.pop("grader"))




        def _parse_hyperparameters(data: object) -> FineTuningRequestMethodType0ReinforcementType0HyperparametersType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                hyperparameters_type_0 = FineTuningRequestMethodType0ReinforcementType0HyperparametersType0.from_dict(data)



                return hyperparameters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0HyperparametersType0 | None | Unset, data)

        hyperparameters = _parse_hyperparameters(d.pop("hyperparameters", UNSET))


        def _parse_response_format(data: object) -> FineTuningRequestMethodType0ReinforcementType0ResponseFormatType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_format_type_0 = FineTuningRequestMethodType0ReinforcementType0ResponseFormatType0.from_dict(data)



                return response_format_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0ResponseFormatType0 | None | Unset, data)

        response_format = _parse_response_format(d.pop("response_format", UNSET))


        def _parse_proximal(data: object) -> FineTuningRequestMethodType0ReinforcementType0ProximalType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                proximal_type_0 = FineTuningRequestMethodType0ReinforcementType0ProximalType0.from_dict(data)



                return proximal_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0ReinforcementType0ProximalType0 | None | Unset, data)

        proximal = _parse_proximal(d.pop("proximal", UNSET))


        fine_tuning_request_method_type_0_reinforcement_type_0 = cls(
            grader=grader,
            hyperparameters=hyperparameters,
            response_format=response_format,
            proximal=proximal,
        )

        return fine_tuning_request_method_type_0_reinforcement_type_0

