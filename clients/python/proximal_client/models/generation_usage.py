from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.usage import Usage





T = TypeVar("T", bound="GenerationUsage")



@_attrs_define
class GenerationUsage:
    """ The end of a streamed answer, before [DONE]

        Attributes:
            id (str): Of the request, for the log.
            model (str): As the request names it.
            checkpoint (None | str): As the request names it.
            adapter (None | str): As the request names it.
            usage (Usage): Tokens of the request, in all
     """

    id: str
    model: str
    checkpoint: None | str
    adapter: None | str
    usage: Usage
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.usage import Usage # noqa: PLC0415
        id = self.id

        model = self.model

        checkpoint: None | str
        checkpoint = self.checkpoint

        adapter: None | str
        adapter = self.adapter

        usage = self.usage.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "model": model,
            "checkpoint": checkpoint,
            "adapter": adapter,
            "usage": usage,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.usage import Usage # noqa: PLC0415
        d = dict(src_dict)
        id = d.pop("id")

        model = d.pop("model")

        def _parse_checkpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        checkpoint = _parse_checkpoint(d.pop("checkpoint"))


        def _parse_adapter(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        adapter = _parse_adapter(d.pop("adapter"))


        usage = Usage.from_dict(d.pop("usage"))




        generation_usage = cls(
            id=id,
            model=model,
            checkpoint=checkpoint,
            adapter=adapter,
            usage=usage,
        )


        generation_usage.additional_properties = d
        return generation_usage

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
