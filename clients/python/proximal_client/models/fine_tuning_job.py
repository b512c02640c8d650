from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.fine_tuning_job_object import FineTuningJobObject
from ..models.fine_tuning_job_status import FineTuningJobStatus
from typing import cast

if TYPE_CHECKING:
  from ..models.fine_tuning_job_error_type_0 import FineTuningJobErrorType0
  from ..models.fine_tuning_job_hyperparameters_type_0 import FineTuningJobHyperparametersType0
  from ..models.fine_tuning_job_metadata_type_0 import FineTuningJobMetadataType0
  from ..models.fine_tuning_job_method import FineTuningJobMethod





T = TypeVar("T", bound="FineTuningJob")



@_attrs_define
class FineTuningJob:
    """ 
        Attributes:
            object_ (FineTuningJobObject): What this is.
            id (str): Names the job in paths.
            model (str): The model that is trained.
            created_at (int): Seconds since 1970, as all times.
            finished_at (int | None): When it came to its end; null until then.
            fine_tuned_model (None | str): Its name once the job has succeeded, or while it is paused.
            organization_id (str): The same for all: there are no organizations here.
            result_files (list[str]): The file with its metrics, once it has succeeded.
            status (FineTuningJobStatus): Where it is in its life; succeeded, failed and cancelled are final.
            validation_file (None | str): Id of the file that is measured and not trained on.
            training_file (str): Of a job of POST /v1/training-jobs: its dataset, or nothing.
            hyperparameters (FineTuningJobHyperparametersType0 | None): Of supervised jobs.
            trained_tokens (int | None): Tokens that were sampled or learned; null until it is over.
            error (FineTuningJobErrorType0 | None): Why it failed; null unless it did.
            seed (int): What everything is drawn by.
            estimated_finish (int | None): When it may be done; null where nothing can be said.
            integrations (list[Any]): Always empty.
            metadata (FineTuningJobMetadataType0 | None): The request's own texts.
            method (FineTuningJobMethod): How it is trained, as the request has it.
            user_provided_suffix (None | str): The request's suffix.
     """

    object_: FineTuningJobObject
    id: str
    model: str
    created_at: int
    finished_at: int | None
    fine_tuned_model: None | str
    organization_id: str
    result_files: list[str]
    status: FineTuningJobStatus
    validation_file: None | str
    training_file: str
    hyperparameters: FineTuningJobHyperparametersType0 | None
    trained_tokens: int | None
    error: FineTuningJobErrorType0 | None
    seed: int
    estimated_finish: int | None
    integrations: list[Any]
    metadata: FineTuningJobMetadataType0 | None
    method: FineTuningJobMethod
    user_provided_suffix: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.fine_tuning_job_error_type_0 import FineTuningJobErrorType0 # noqa: PLC0415
        from ..models.fine_tuning_job_hyperparameters_type_0 import FineTuningJobHyperparametersType0 # noqa: PLC0415
        from ..models.fine_tuning_job_metadata_type_0 import FineTuningJobMetadataType0 # noqa: PLC0415
        from ..models.fine_tuning_job_method import FineTuningJobMethod # noqa: PLC0415
        object_ = self.object_.value

        id = self.id

        model = self.model

        created_at = self.created_at

        finished_at: int | None
        finished_at = self.finished_at

        fine_tuned_model: None | str
        fine_tuned_model = self.fine_tuned_model

        organization_id = self.organization_id

        result_files = self.result_files



        status = self.status.value

        validation_file: None | str
        validation_file = self.validation_file

        training_file = self.training_file

        hyperparameters: dict[str, Any] | None
        if isinstance(self.hyperparameters, FineTuningJobHyperparametersType0):
            hyperparameters = self.hyperparameters.to_dict()
        else:
            hyperparameters = self.hyperparameters

        trained_tokens: int | None
        trained_tokens = self.trained_tokens

        error: dict[str, Any] | None
        if isinstance(self.error, FineTuningJobErrorType0):
            error = self.error.to_dict()
        else:
            error = self.error

        seed = self.seed

        estimated_finish: int | None
        estimated_finish = self.estimated_finish

        integrations = self.integrations



        metadata: dict[str, Any] | None
        if isinstance(self.metadata, FineTuningJobMetadataType0):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        method = self.method.to_dict()

        user_provided_suffix: None | str
        user_provided_suffix = self.user_provided_suffix


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "object": object_,
            "id": id,
            "model": model,
            "created_at": created_at,
            "finished_at": finished_at,
            "fine_tuned_model": fine_tuned_model,
            "organization_id": organization_id,
            "result_files": result_files,
            "status": status,
            "validation_file": validation_file,
            "training_file": training_file,
            "hyperparameters": hyperparameters,
            "trained_tokens": trained_tokens,
            "error": error,
            "seed": seed,
            "estimated_finish": estimated_finish,
            "integrations": integrations,
            "metadata": metadata,
            "method": method,
            "user_provided_suffix": user_provided_suffix,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.fine_tuning_job_error_type_0 import FineTuningJobErrorType0 # noqa: PLC0415
        from ..models.fine_tuning_job_hyperparameters_type_0 import FineTuningJobHyperparametersType0 # noqa: PLC0415
        from ..models.fine_tuning_job_metadata_type_0 import FineTuningJobMetadataType0 # noqa: PLC0415
        from ..models.fine_tuning_job_method import FineTuningJobMethod # noqa: PLC0415
        d = dict(src_dict)
        object_ = FineTuningJobObject(d.pop("object"))




        id = d.pop("id")

        model = d.pop("model")

        created_at = d.pop("created_at")

        def _parse_finished_at(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))


        def _parse_fine_tuned_model(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        fine_tuned_model = _parse_fine_tuned_model(d.pop("fine_tuned_model"))


        organization_id = d.pop("organization_id")

        result_files = cast(list[str], d.pop("result_files"))


        status = FineTuningJobStatus(d.pop("status"))




        def _parse_validation_file(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        validation_file = _parse_validation_file(d.pop("validation_file"))


        training_file = d.pop("training_file")

        def _parse_hyperparameters(data: object) -> FineTuningJobHyperparametersType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                hyperparameters_type_0 = FineTuningJobHyperparametersType0.from_dict(data)



                return hyperparameters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningJobHyperparametersType0 | None, data)

        hyperparameters = _parse_hyperparameters(d.pop("hyperparameters"))


        def _parse_trained_tokens(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        trained_tokens = _parse_trained_tokens(d.pop("trained_tokens"))


        def _parse_error(data: object) -> FineTuningJobErrorType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = FineTuningJobErrorType0.from_dict(data)



                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningJobErrorType0 | None, data)

        error = _parse_error(d.pop("error"))


        seed = d.pop("seed")

        def _parse_estimated_finish(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        estimated_finish = _parse_estimated_finish(d.pop("estimated_finish"))


        integrations = cast(list[Any], d.pop("integrations"))


        def _parse_metadata(data: object) -> FineTuningJobMetadataType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metadata_type_0 = FineTuningJobMetadataType0.from_dict(data)



                return metadata_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningJobMetadataType0 | None, data)

        metadata = _parse_metadata(d.pop("metadata"))


        method = FineTuningJobMethod.from_dict(d.pop("method"))




        def _parse_user_provided_suffix(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        user_provided_suffix = _parse_user_provided_suffix(d.pop("user_provided_suffix"))


        fine_tuning_job = cls(
            object_=object_,
            id=id,
            model=model,
            created_at=created_at,
            finished_at=finished_at,
            fine_tuned_model=fine_tuned_model,
            organization_id=organization_id,
            result_files=result_files,
            status=status,
            validation_file=validation_file,
            training_file=training_file,
            hyperparameters=hyperparameters,
            trained_tokens=trained_tokens,
            error=error,
            seed=seed,
            estimated_finish=estimated_finish,
            integrations=integrations,
            metadata=metadata,
            method=method,
            user_provided_suffix=user_provided_suffix,
        )


        fine_tuning_job.additional_properties = d
        return fine_tuning_job

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
