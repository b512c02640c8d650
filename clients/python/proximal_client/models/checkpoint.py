from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.checkpoint_reason import CheckpointReason
from typing import cast
import datetime

if TYPE_CHECKING:
  from ..models.checkpoint_file import CheckpointFile
  from ..models.metrics import Metrics





T = TypeVar("T", bound="Checkpoint")



@_attrs_define
class Checkpoint:
    """ What a job wrote, to be used or continued from

        Attributes:
            id (str): Names the checkpoint in paths and requests.
            job_id (str): The job that wrote it.
            epoch (int): From 1.
            step (int): From 1.
            reason (CheckpointReason): epoch: it has ended. steps: checkpoint_every_steps. pause: the job was paused, or the
                server stopped. best: an evaluation found it the best so far. stop: the job stopped early.
            files (list[CheckpointFile]): What it is made of.
            metrics (Metrics): Numbers by the metrics' names. One that is no finite number is left out.
            created_at (datetime.datetime): When it was written.
     """

    id: str
    job_id: str
    epoch: int
    step: int
    reason: CheckpointReason
    files: list[CheckpointFile]
    metrics: Metrics
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.checkpoint_file import CheckpointFile # noqa: PLC0415
        from ..models.metrics import Metrics # noqa: PLC0415
        id = self.id

        job_id = self.job_id

        epoch = self.epoch

        step = self.step

        reason = self.reason.value

        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_dict()
            files.append(files_item)



        metrics = self.metrics.to_dict()

        created_at = self.created_at.isoformat()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "job_id": job_id,
            "epoch": epoch,
            "step": step,
            "reason": reason,
            "files": files,
            "metrics": metrics,
            "created_at": created_at,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.checkpoint_file import CheckpointFile # noqa: PLC0415
        from ..models.metrics import Metrics # noqa: PLC0415
        d = dict(src_dict)
        id = d.pop("id")

        job_id = d.pop("job_id")

        epoch = d.pop("epoch")

        step = d.pop("step")

        reason = CheckpointReason(d.pop("reason"))




        files = []
        _files = d.pop("files")
        for files_item_data in (_files):
            files_item = CheckpointFile.from_dict(files_item_data)



            files.append(files_item)


        metrics = Metrics.from_dict(d.pop("metrics"))




        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        checkpoint = cls(
            id=id,
            job_id=job_id,
            epoch=epoch,
            step=step,
            reason=reason,
            files=files,
            metrics=metrics,
            created_at=created_at,
        )


        checkpoint.additional_properties = d
        return checkpoint

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
