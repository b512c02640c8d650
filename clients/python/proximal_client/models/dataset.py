from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.dataset_format import DatasetFormat
from typing import cast
import datetime






T = TypeVar("T", bound="Dataset")



@_attrs_define
class Dataset:
    """ 
        Attributes:
            id (str): What a job names in dataset.
            name (str): As it was sent.
            format_ (DatasetFormat): Of the file that was sent.
            rows (int): How many it has.
            columns (list[str]): Names, in the order in which the rows first have them.
            bytes_ (int): Of the file that was sent, unpacked where it came with a Content-Encoding.
            sha256 (str): Of the same bytes, in hexadecimal.
            created_at (datetime.datetime): When it was sent.
     """

    id: str
    name: str
    format_: DatasetFormat
    rows: int
    columns: list[str]
    bytes_: int
    sha256: str
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        format_ = self.format_.value

        rows = self.rows

        columns = self.columns



        bytes_ = self.bytes_

        sha256 = self.sha256

        created_at = self.created_at.isoformat()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "name": name,
            "format": format_,
            "rows": rows,
            "columns": columns,
            "bytes": bytes_,
            "sha256": sha256,
            "created_at": created_at,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        format_ = DatasetFormat(d.pop("format"))




        rows = d.pop("rows")

        columns = cast(list[str], d.pop("columns"))


        bytes_ = d.pop("bytes")

        sha256 = d.pop("sha256")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        dataset = cls(
            id=id,
            name=name,
            format_=format_,
            rows=rows,
            columns=columns,
            bytes_=bytes_,
            sha256=sha256,
            created_at=created_at,
        )


        dataset.additional_properties = d
        return dataset

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
