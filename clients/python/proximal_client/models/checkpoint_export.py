from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.checkpoint_export_format import CheckpointExportFormat
from typing import cast

if TYPE_CHECKING:
  from ..models.checkpoint_file import CheckpointFile





T = TypeVar("T", bound="CheckpointExport")



@_attrs_define
class CheckpointExport:
    """ 
        Attributes:
            format_ (CheckpointExportFormat): The layout.
            files (list[CheckpointFile]): What it is made of.
     """

    format_: CheckpointExportFormat
    files: list[CheckpointFile]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.checkpoint_file import CheckpointFile # noqa: PLC0415
        format_ = self.format_.value

        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_dict()
            files.append(files_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "format": format_,
            "files": files,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.checkpoint_file import CheckpointFile # noqa: PLC0415
        d = dict(src_dict)
        format_ = CheckpointExportFormat(d.pop("format"))




        files = []
        _files = d.pop("files")
        for files_item_data in (_files):
            files_item = CheckpointFile.from_dict(files_item_data)



            files.append(files_item)


        checkpoint_export = cls(
            format_=format_,
            files=files,
        )


        checkpoint_export.additional_properties = d
        return checkpoint_export

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
