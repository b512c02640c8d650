from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.fine_tuning_checkpoint_object import FineTuningCheckpointObject
from typing import cast

if TYPE_CHECKING:
  from ..models.fine_tuning_checkpoint_metrics import FineTuningCheckpointMetrics





T = TypeVar("T", bound="FineTuningCheckpoint")



@_attrs_define
class FineTuningCheckpoint:
    """ 
        Attributes:
            object_ (FineTuningCheckpointObject): What this is.
            id (str): Names the checkpoint.
            created_at (int): Seconds since 1970.
            fine_tuned_model_checkpoint (str): Its name, wherever a model is named.
            fine_tuning_job_id (str): The job that wrote it.
            step_number (int): The step that it was written after, from 1.
            metrics (FineTuningCheckpointMetrics): Of its epoch so far, by the names that events have.
     """

    object_: FineTuningCheckpointObject
    id: str
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    step_number: int
    metrics: FineTuningCheckpointMetrics
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.fine_tuning_checkpoint_metrics import FineTuningCheckpointMetrics # noqa: PLC0415
        object_ = self.object_.value

        id = self.id

        created_at = self.created_at

        fine_tuned_model_checkpoint = self.fine_tuned_model_checkpoint

        fine_tuning_job_id = self.fine_tuning_job_id

        step_number = self.step_number

        metrics = self.metrics.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "object": object_,
            "id": id,
            "created_at": created_at,
            "fine_tuned_model_checkpoint": fine_tuned_model_checkpoint,
            "fine_tuning_job_id": fine_tuning_job_id,
            "step_number": step_number,
            "metrics": metrics,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.fine_tuning_checkpoint_metrics import FineTuningCheckpointMetrics # noqa: PLC0415
        d = dict(src_dict)
        object_ = FineTuningCheckpointObject(d.pop("object"))




        id = d.pop("id")

        created_at = d.pop("created_at")

        fine_tuned_model_checkpoint = d.pop("fine_tuned_model_checkpoint")

        fine_tuning_job_id = d.pop("fine_tuning_job_id")

        step_number = d.pop("step_number")

        metrics = FineTuningCheckpointMetrics.from_dict(d.pop("metrics"))




        fine_tuning_checkpoint = cls(
            object_=object_,
            id=id,
            created_at=created_at,
            fine_tuned_model_checkpoint=fine_tuned_model_checkpoint,
            fine_tuning_job_id=fine_tuning_job_id,
            step_number=step_number,
            metrics=metrics,
        )


        fine_tuning_checkpoint.additional_properties = d
        return fine_tuning_checkpoint

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
