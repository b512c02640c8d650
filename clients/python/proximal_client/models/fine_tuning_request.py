from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.fine_tuning_request_hyperparameters_type_0 import FineTuningRequestHyperparametersType0
  from ..models.fine_tuning_request_metadata_type_0 import FineTuningRequestMetadataType0
  from ..models.fine_tuning_request_method_type_0 import FineTuningRequestMethodType0





T = TypeVar("T", bound="FineTuningRequest")



@_attrs_define
class FineTuningRequest:
    """ 
        Example:
            {'model': 'tiny', 'training_file': 'file-01k0…', 'method': {'type': 'reinforcement', 'reinforcement': {'grader':
                {'type': 'string_check', 'name': 'exact', 'operation': 'ilike', 'input': '{{sample.output_text}}', 'reference':
                '{{item.label}}'}, 'hyperparameters': {'n_epochs': 2, 'batch_size': 16}}}}

        Attributes:
            model (str): A model that GET /v1/models lists, or a fine-tuned one's name.
            training_file (str): Id of a file of JSON lines.
            validation_file (None | str | Unset): Id of another, that is measured and never trained on.
            suffix (None | str | Unset): Part of the name of the fine-tuned model.
            seed (int | None | Unset): Default: one is drawn.
            metadata (FineTuningRequestMetadataType0 | None | Unset): Up to 16 texts of your own.
            integrations (list[Any] | None | Unset): None: there are no integrations here.
            hyperparameters (FineTuningRequestHyperparametersType0 | None | Unset): The same as
                method.supervised.hyperparameters.
            method (FineTuningRequestMethodType0 | None | Unset): Default: supervised.
     """

    model: str
    training_file: str
    validation_file: None | str | Unset = UNSET
    suffix: None | str | Unset = UNSET
    seed: int | None | Unset = UNSET
    metadata: FineTuningRequestMetadataType0 | None | Unset = UNSET
    integrations: list[Any] | None | Unset = UNSET
    hyperparameters: FineTuningRequestHyperparametersType0 | None | Unset = UNSET
    method: FineTuningRequestMethodType0 | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.fine_tuning_request_hyperparameters_type_0 import FineTuningRequestHyperparametersType0 # noqa: PLC0415
        from ..models.fine_tuning_request_metadata_type_0 import FineTuningRequestMetadataType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0 import FineTuningRequestMethodType0 # noqa: PLC0415
        model = self.model

        training_file = self.training_file

        validation_file: None | str | Unset
        if isinstance(self.validation_file, Unset):
            validation_file = UNSET
        else:
            validation_file = self.validation_file

        suffix: None | str | Unset
        if isinstance(self.suffix, Unset):
            suffix = UNSET
        else:
            suffix = self.suffix

        seed: int | None | Unset
        if isinstance(self.seed, Unset):
            seed = UNSET
        else:
            seed = self.seed

        metadata: dict[str, Any] | None | Unset
        if isinstance(self.metadata, Unset):
            metadata = UNSET
        elif isinstance(self.metadata, FineTuningRequestMetadataType0):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        integrations: list[Any] | None | Unset
        if isinstance(self.integrations, Unset):
            integrations = UNSET
        elif isinstance(self.integrations, list):
            integrations = self.integrations


        else:
            integrations = self.integrations

        hyperparameters: dict[str, Any] | None | Unset
        if isinstance(self.hyperparameters, Unset):
            hyperparameters = UNSET
        elif isinstance(self.hyperparameters, FineTuningRequestHyperparametersType0):
            hyperparameters = self.hyperparameters.to_dict()
        else:
            hyperparameters = self.hyperparameters

        method: dict[str, Any] | None | Unset
        if isinstance(self.method, Unset):
            method = UNSET
        elif isinstance(self.method, FineTuningRequestMethodType0):
            method = self.method.to_dict()
        else:
            method = self.method


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "model": model,
            "training_file": training_file,
        })
        if validation_file is not UNSET:
            field_dict["validation_file"] = validation_file
        if suffix is not UNSET:
            field_dict["suffix"] = suffix
        if seed is not UNSET:
            field_dict["seed"] = seed
        if metadata is not UNSET:
            field_dict["metadata"] = metadata
        if integrations is not UNSET:
            field_dict["integrations"] = integrations
        if hyperparameters is not UNSET:
            field_dict["hyperparameters"] = hyperparameters
        if method is not UNSET:
            field_dict["method"] = method

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.fine_tuning_request_hyperparameters_type_0 import FineTuningRequestHyperparametersType0 # noqa: PLC0415
        from ..models.fine_tuning_request_metadata_type_0 import FineTuningRequestMetadataType0 # noqa: PLC0415
        from ..models.fine_tuning_request_method_type_0 import FineTuningRequestMethodType0 # noqa: PLC0415
        d = dict(src_dict)
        model = d.pop("model")

        training_file = d.pop("training_file")

        def _parse_validation_file(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        validation_file = _parse_validation_file(d.pop("validation_file", UNSET))


        def _parse_suffix(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        suffix = _parse_suffix(d.pop("suffix", UNSET))


        def _parse_seed(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        seed = _parse_seed(d.pop("seed", UNSET))


        def _parse_metadata(data: object) -> FineTuningRequestMetadataType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metadata_type_0 = FineTuningRequestMetadataType0.from_dict(data)



                return metadata_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMetadataType0 | None | Unset, data)

        metadata = _parse_metadata(d.pop("metadata", UNSET))


        def _parse_integrations(data: object) -> list[Any] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                integrations_type_0 = cast(list[Any], data)

                return integrations_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Any] | None | Unset, data)

        integrations = _parse_integrations(d.pop("integrations", UNSET))


        def _parse_hyperparameters(data: object) -> FineTuningRequestHyperparametersType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                hyperparameters_type_0 = FineTuningRequestHyperparametersType0.from_dict(data)



                return hyperparameters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestHyperparametersType0 | None | Unset, data)

        hyperparameters = _parse_hyperparameters(d.pop("hyperparameters", UNSET))


        def _parse_method(data: object) -> FineTuningRequestMethodType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                method_type_0 = FineTuningRequestMethodType0.from_dict(data)



                return method_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningRequestMethodType0 | None | Unset, data)

        method = _parse_method(d.pop("method", UNSET))


        fine_tuning_request = cls(
            model=model,
            training_file=training_file,
            validation_file=validation_file,
            suffix=suffix,
            seed=seed,
            metadata=metadata,
            integrations=integrations,
            hyperparameters=hyperparameters,
            method=method,
        )

        return fine_tuning_request

